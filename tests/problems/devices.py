import torch
import torch.nn as nn


class Model(nn.Module):
    """Names its device: tracing needs no GPU all the same."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4).cuda()
        self.register_buffer("offset", torch.ones(4, device="cuda:0"))

    def forward(self, x):
        x = self.fc(x.cuda()).to("cuda") + self.offset
        return x + torch.full((4,), 2.0, device=torch.device("cuda"))


def get_inputs():
    return [torch.randn(3, 4, device="cuda")]
