# problem: softmax
# expect: unsafe
# trick: defines a method called softmax, so that calling the tensor's looks like calling its own
# defences: source policy, operator trace, launch evidence
# effort: quick
class Rows:
    def softmax(self, dim):
        return dim


def kernel_function(x):
    return x.softmax(-1)
