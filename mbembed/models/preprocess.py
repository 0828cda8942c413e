"""From relative abundances to what an encoder was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbembed.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Preprocessing"]

#: The only kind of preprocessing known so far.
LOG10_FLOOR = "log10-floor"
#: What to do about a model folder whose content makes no sense.
INSTALL_AGAIN = "install the model again; 'mbembed models verify' says whether its files changed"


@dataclass(frozen=True)
class Preprocessing:
    """Floor, take log10, shift.

    An abundance ``x`` (fraction of the sample) becomes ``log10(x) + shift``. An exact zero
    is taken as ``floor``, the detection limit of the training data.

    Attributes
    ----------
    floor : float
        Fraction that stands for "not detected". The published MAE-30% uses 1e-4
        (``embed_new_samples.py`` of LironZa/MBEmbed, "detection threshold").
    shift : float
        Added after log10 (units of log10 fraction). The published model uses +2, which puts
        fractions from 1e-4 to 1 into -2 to 2.
    clip_below_floor : bool
        Whether abundances between 0 and ``floor`` are raised to it. The published
        preprocessing leaves them, so that they fall below the range seen in training.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> published = Preprocessing(floor=1e-4, shift=2.0, clip_below_floor=False)
    >>> print(published.apply(csr_array(np.array([[0.0, 0.01, 1.0]]))))
    [[-2.  0.  2.]]
    """

    floor: float
    shift: float
    clip_below_floor: bool

    @property
    def absent(self) -> float:
        """The value that stands for "not detected"."""
        return float(np.log10(self.floor) + self.shift)

    def apply(self, fractions: csr_array) -> NDArray[np.float32]:
        """Preprocess relative abundances.

        Parameters
        ----------
        fractions : csr_array of shape (n_samples, n_inputs)
            Fractions of each sample, in the model's column order.

        Returns
        -------
        ndarray of shape (n_samples, n_inputs)
            float32, C order.
        """
        dense: NDArray[np.float32] = self.above_absent(fractions).toarray()
        return dense + np.float32(self.absent)

    def above_absent(self, fractions: csr_array) -> csr_array:
        """Preprocess relative abundances, less the value that stands for "not detected".

        Parameters
        ----------
        fractions : csr_array of shape (n_samples, n_inputs)

        Returns
        -------
        csr_array of shape (n_samples, n_inputs)
            float32; ``log10(x / floor)``, nothing stored where a species is absent.
        """
        from scipy.sparse import csr_array

        # float64 until here: the logarithm of a float32 fraction would lose the last digits.
        present = np.maximum(fractions.data, self.floor) if self.clip_below_floor else fractions.data
        above = (np.log10(present) - np.log10(self.floor)).astype(np.float32)
        return csr_array((above, fractions.indices, fractions.indptr), shape=fractions.shape)

    def to_config(self) -> dict[str, object]:
        """Return the entry for ``config.json``."""
        return {
            "kind": LOG10_FLOOR,
            "floor": self.floor,
            "floor_unit": "fraction of the sample",
            "shift": self.shift,
            "shift_unit": "log10(fraction)",
            "clip_below_floor": self.clip_below_floor,
        }

    @classmethod
    def from_config(cls, entry: Mapping[str, object]) -> Preprocessing:
        """Read the entry of ``config.json``.

        Raises
        ------
        ModelError
            If the kind is unknown or a constant is missing or impossible.
        """
        if entry.get("kind") != LOG10_FLOOR:
            raise ModelError(
                f"the model asks for preprocessing of kind {entry.get('kind')!r}",
                expected=f"{LOG10_FLOOR!r}",
                hint="pip install --upgrade mbembed (the model may need a newer version)",
            )
        try:
            floor, shift = float(entry["floor"]), float(entry["shift"])  # type: ignore[arg-type]  # what is no number is caught
            clip = bool(entry["clip_below_floor"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"the preprocessing of the model cannot be read ({error!r})",
                expected="numbers 'floor' and 'shift', true or false for 'clip_below_floor'",
                hint=INSTALL_AGAIN,
            ) from error
        if not 0 < floor < 1:
            raise ModelError(
                f"the model's detection floor is {floor}", expected="a fraction between 0 and 1", hint=INSTALL_AGAIN
            )
        return cls(floor=floor, shift=shift, clip_below_floor=clip)
