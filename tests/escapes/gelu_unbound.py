# problem: gelu
# expect: unbound
# trick: no function of the contract's name
def forward(x):
    return x
