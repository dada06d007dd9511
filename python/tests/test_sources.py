"""The package's own files."""

import ast
import glob
import os
import unittest

from support import HERE

SOURCES = sorted(glob.glob(os.path.join(HERE, '..', 'src', 'vascusim', '*.py')))


class Sources(unittest.TestCase):
    def test_each_is_python_3_9(self):
        self.assertGreater(len(SOURCES), 10)
        for path in SOURCES:
            with open(path, encoding='utf-8') as file:
                ast.parse(file.read(), path, feature_version=(3, 9))

    def test_none_needs_an_annotation_to_be_evaluated(self):
        for path in SOURCES:
            with open(path, encoding='utf-8') as file:
                text = file.read()
            if 'def ' in text:
                self.assertIn('from __future__ import annotations', text, path)

    def test_all_names_of_the_package_are_there(self):
        import vascusim

        for name in vascusim.__all__:
            self.assertIsNotNone(getattr(vascusim, name), name)
        with self.assertRaises(AttributeError):
            vascusim.nothing


if __name__ == '__main__':
    unittest.main()
