"""The README's tables are what bench/results/ holds."""

import subprocess
import sys
import unittest

from tree import ROOT


class Tables(unittest.TestCase):
    def test_h100(self):
        done = subprocess.run([sys.executable, ROOT / "bench/h100_table.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_figures(self):
        done = subprocess.run([sys.executable, ROOT / "bench/measure_speed.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
