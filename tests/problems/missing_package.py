import torch
import a_package_that_nobody_has


class Model(torch.nn.Module):
    pass


def get_inputs():
    return []
