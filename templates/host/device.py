def _device_of(*arguments):
    """Returns the device of the first tensor among the arguments, or the machine's own accelerator."""
    for argument in arguments:
        if isinstance(argument, torch.Tensor):
            return argument.device
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
