#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source_writer.h"
#include "kernel/kernel.h"

namespace ka {

/// Returns the kernel's buffers of one role, in parameter order.
std::vector<const Buffer*> buffers_of(const Kernel& kernel, Role role);

/// Did the author write a whole module with its own kernel_function, rather than jit functions and launches?
inline bool is_whole_module(const Kernel& kernel) { return kernel.launches.empty(); }

/// Is there nothing to compute, because every output has no elements?
bool is_empty(const Kernel& kernel);

/// Prints the expression that allocates a buffer of this type: "torch.empty((4, 8), dtype=torch.float32, device=x.device)".
/// `initial` as in Buffer.
std::string allocation(const TensorType& type, std::string_view initial, std::string_view device);

/// Writes the statement that checks an input and brings it into the layout that kernels were written for; a 0-d one may be a number.
/// `label` names it in messages.
void write_expectation(SourceWriter& out, int depth, std::string_view variable, std::string_view label, const TensorType& type,
                       std::string_view device);

/// Writes one statement per launch, reading and writing variables named as the kernel's buffers.
void write_launches(SourceWriter& out, int depth, const Kernel& kernel);

/// Returns the texts of the host functions that write_expectation() and the programs call; of the scalar ones only where there are any.
std::string host_functions(bool with_scalars);

/// Prints the imports that a generated text needs: torch, triton, triton.language, and math where `text` names it.
std::string module_imports(std::string_view text);

}  // namespace ka
