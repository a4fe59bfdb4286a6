import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, words, width):
        super().__init__()
        self.table = nn.Embedding(words, width)

    def forward(self, tokens):
        return self.table(tokens) * 4.0


def get_inputs():
    return [torch.randint(0, 50, (6, 11))]


def get_init_inputs():
    return [50, 24]
