def recurrence(kind, gates, weight, bias, hidden, cell, reverse):
    """States of a recurrent layer after every step, from the input's share of its gates."""
    steps = list(range(gates.shape[0]))
    states = [None] * len(steps)
    for t in steps[::-1] if reverse else steps:
        shares = F.linear(hidden, weight, bias).chunk(weight.shape[0] // weight.shape[1], 1)
        inputs = gates[t].chunk(len(shares), 1)
        if kind == "lstm":
            i, f, g, o = (a + b for a, b in zip(inputs, shares))
            cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
            hidden = o.sigmoid() * cell.tanh()
        elif kind == "gru":
            reset, update = ((a + b).sigmoid() for a, b in zip(inputs[:2], shares))
            fresh = (inputs[2] + reset * shares[2]).tanh()
            hidden = (hidden - fresh) * update + fresh
        else:
            hidden = (inputs[0] + shares[0]).tanh() if kind == "rnn_tanh" else (inputs[0] + shares[0]).relu()
        states[t] = torch.stack([hidden, cell] if kind == "lstm" else [hidden])
    return torch.stack(states, 1)
