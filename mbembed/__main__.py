"""``python -m mbembed``."""

import sys

from mbembed.cli.main import main

sys.exit(main())
