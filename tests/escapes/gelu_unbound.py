# problem: gelu
# expect: unbound
# trick: no function of the contract's name
# defences: structure
# effort: quick
def forward(x):
    return x
