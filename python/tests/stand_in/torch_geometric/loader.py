"""``DataLoader`` that joins samples by ``Batch``."""

import torch

from .data import Batch


def _collate(samples):
    return Batch.from_data_list(samples)


class DataLoader(torch.utils.data.DataLoader):
    def __init__(self, dataset, batch_size=1, shuffle=False, **options):
        super().__init__(dataset, batch_size, shuffle, collate_fn=_collate, **options)
