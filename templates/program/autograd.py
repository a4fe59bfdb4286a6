class _Forward(torch.autograd.Function):
    """Runs the program under grad mode, so that asking for its gradient says what is missing."""

    @staticmethod
    def forward(ctx, *arguments):
        if any(ctx.needs_input_grad[index] for index in _WRITTEN):
            raise RuntimeError("an input that the program writes in place must not require a gradient")
        return _program(*arguments)

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError(
            "KernelAgent programs have no backward yet: run under torch.no_grad(), or train with the original problem"
        )


def _call(*arguments):
    """Runs the program on the device of its inputs."""
    if _on_other_device(arguments[_FIRST]):
        with torch.cuda.device(arguments[_FIRST].device):
            return _call(*arguments)
    if torch.is_grad_enabled():
        return _Forward.apply(*arguments)
    return _program(*arguments)
