"""What the surface refuses by name, and what to write instead."""

from __future__ import annotations

from adjit.tracer.dispatch import REFUSED

_OUTSIDE = "compute it outside the differentiated function and pass the result in"
_UNKNOWN_SIZE = "the size of its result depends on the numbers in the array: " + _OUTSIDE
_LOOP = "write the operation on whole arrays, or as a loop over the axis"

for _remedy, _names in {
    _OUTSIDE: (
        "np.histogram",
        "np.histogram2d",
        "np.histogramdd",
        "np.lexsort",
        "np.nanmedian",
        "np.nanpercentile",
        "np.nanquantile",
        "np.nanargmax",
        "np.nanargmin",
        "np.unwrap",
        "np.i0",
        "np.frexp",
        "np.ldexp",
        "np.nextafter",
        "np.spacing",
        "np.gcd",
        "np.lcm",
        "np.packbits",
        "np.unpackbits",
        "np.loadtxt",
        "np.genfromtxt",
        "np.load",
        "np.isin",
        "np.roots",
        "np.polyfit",
        "math.frexp",
        "math.ldexp",
        "math.nextafter",
        "math.remainder",
        "math.ulp",
        "scipy.special.beta",
        "scipy.special.betaln",
        "scipy.special.erfinv",
        "scipy.special.log_ndtr",
    ),
    _UNKNOWN_SIZE: (
        "np.unique",
        "np.union1d",
        "np.intersect1d",
        "np.setdiff1d",
        "np.trim_zeros",
    ),
    _LOOP: (
        "np.apply_along_axis",
        "np.apply_over_axes",
        "np.vectorize",
        "np.frompyfunc",
        "np.fromiter",
        "np.nditer",
        "np.ndenumerate",
        "np.ndindex",
    ),
    "write the sums and differences of real numbers that you need from it": (
        *(
            f"np.fft.{name}"
            for name in (
                "fft",
                "ifft",
                "rfft",
                "irfft",
                "fft2",
                "ifft2",
                "fftn",
                "ifftn",
                "rfft2",
                "irfft2",
                "rfftn",
                "irfftn",
                "hfft",
                "ihfft",
            )
        ),
    ),
    "use np.select or np.where": ("np.piecewise",),
    "add the weights up with np.add.at(np.zeros(n), indices, weights)": ("np.bincount",),
    "use real arrays": ("np.imag", "np.angle", "np.real_if_close"),
    "for a small matrix write the formula with @, / and sums; else " + _OUTSIDE: (
        *(
            f"np.linalg.{name}"
            for name in (
                "eig",
                "eigh",
                "eigvals",
                "eigvalsh",
                "svd",
                "svdvals",
                "qr",
                "lstsq",
                "pinv",
                "matrix_rank",
                "cond",
                "tensorsolve",
                "tensorinv",
            )
        ),
    ),
    "multiply with @ as often as needed": ("np.linalg.matrix_power",),
    "subtract the means and multiply: (x - x.mean(axis=1, keepdims=True)) @ ...": (
        "np.cov",
        "np.corrcoef",
    ),
}.items():
    for _name in _names:
        REFUSED[_name] = _remedy
