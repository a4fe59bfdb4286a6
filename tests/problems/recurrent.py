import torch
import torch.nn as nn


class Model(nn.Module):
    """Every kind of recurrent layer, both orders of sequence and batch."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 6, num_layers=2, proj_size=3, bidirectional=True)
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.rnn = nn.RNN(5, 4, nonlinearity="relu", batch_first=True)

    def forward(self, x):
        x, (h, c) = self.lstm(x)
        x, _ = self.gru(x)
        x, last = self.rnn(x)
        return x, last, h, c


def get_inputs():
    return [torch.randn(7, 3, 8)]
