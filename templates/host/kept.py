def _kept(memory, p):
    """Draws which elements dropout keeps (0: none of these) as PyTorch does: by its fused operator on a GPU, else by bernoulli_."""
    if memory.is_cuda:
        return torch.native_dropout(memory.fill_(1.0), p, True)[0]
    return memory.bernoulli_(1.0 - p)
