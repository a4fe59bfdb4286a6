"""Samples of recurrent layers."""
from samples import call, sample


def layer(gates, states, rows=3, steps=5, inputs=4, units=7, layers=1, directions=1, biases=True, batch_first=False):
    def build(m):
        parameters, width = [], inputs
        for _ in range(layers):
            for _ in range(directions):
                parameters += [m(gates * units, width, low=-0.5, high=0.5), m(gates * units, units, low=-0.5, high=0.5)]
                parameters += [m(gates * units), m(gates * units)] if biases else []
            width = units * directions
        first = [m(layers * directions, rows, units) for _ in range(states)]
        x = m(rows, steps, inputs) if batch_first else m(steps, rows, inputs)
        return call(x, first if states == 2 else first[0], parameters, biases, layers, 0.0, False, directions == 2, batch_first)

    return build


for name, gates, states in (("lstm", 4, 2), ("gru", 3, 1), ("rnn_tanh", 1, 1), ("rnn_relu", 1, 1)):
    sample(f"{name}.input", ("float32",), layer(gates, states), layer(gates, states, layers=2, directions=2, batch_first=True),
           layer(gates, states, rows=1, steps=1, units=20, biases=False), layer(gates, states, rows=18, units=70, steps=3, directions=2))
