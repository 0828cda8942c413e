"""Beyond one machine: the same path on the workers of a Dask cluster (extra ``dask``).

A part of a table may not be read as if it were the whole: a block of samples, or a file of them,
could by itself be taken for another unit, rank or naming than its neighbours. So every part is
looked at first, what was found is compared, and only then is anything embedded, by one decision
for all.
"""

from mbembed.extras import require_extra

require_extra("dask", "mbembed.distributed")

from mbembed.distributed.frames import embed_dask  # noqa: E402 - after the check of the extra
from mbembed.distributed.shards import embed_shards  # noqa: E402

__all__ = ["embed_dask", "embed_shards"]
