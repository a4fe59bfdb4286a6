#include "kernel/host.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/templates.h"
#include "base/text.h"
#include "kernel/python_text.h"

namespace ka {
namespace {

bool is_scalar(const Buffer& buffer) { return buffer.type.rank() == 0; }

std::vector<std::string> names(const std::vector<const Buffer*>& buffers) {
  std::vector<std::string> list;
  list.reserve(buffers.size());
  for (const Buffer* buffer : buffers) list.push_back(buffer->name);
  return list;
}

const Buffer* first_tensor(const std::vector<const Buffer*>& inputs) {
  const auto found = std::find_if(inputs.begin(), inputs.end(), [](const Buffer* input) { return !is_scalar(*input); });
  return found == inputs.end() ? nullptr : *found;
}

/// Returns the expression for the device that everything is allocated on, and writes the statement it needs, if any.
std::string device_expression(SourceWriter& out, const std::vector<const Buffer*>& inputs) {
  if (const Buffer* first = first_tensor(inputs)) return first->name + ".device";
  out.line("device = _device_of({})", join(names(inputs), ", "));
  return "device";
}

std::vector<std::string> launch_arguments(const Launch& launch) {
  std::vector<std::string> items;
  bool positional = true;
  for (const LaunchArgument& argument : launch.arguments) {
    positional = positional && argument.is_buffer;
    items.push_back(positional ? argument.value : argument.parameter + "=" + argument.value);
  }
  items.push_back(fmt::format("num_warps={}", launch.num_warps));
  items.push_back(fmt::format("num_stages={}", launch.num_stages));
  if (launch.cooperative) items.emplace_back("launch_cooperative_grid=True");
  return items;
}

bool has_scalars(const std::vector<const Buffer*>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const Buffer* input) { return is_scalar(*input); });
}

/// Writes what stands above kernel_function: host functions, shared jit functions, the kernel's own.
void write_parts(SourceWriter& out, const Kernel& kernel) {
  const std::vector<const Buffer*> inputs = buffers_of(kernel, Role::kInput);
  std::vector<std::string> parts;
  if (!inputs.empty()) parts.push_back(host_functions(has_scalars(inputs)));
  if (first_tensor(inputs) == nullptr) parts.emplace_back(template_text("templates/host/device.py"));
  parts.insert(parts.end(), kernel.helpers.begin(), kernel.helpers.end());
  parts.push_back(kernel.source);
  for (const std::string& part : parts) {
    out.raw(trim(part));
    out.blank(2);
  }
}

void write_kernel_function(SourceWriter& out, const Kernel& kernel) {
  const std::vector<const Buffer*> inputs = buffers_of(kernel, Role::kInput);
  const std::vector<const Buffer*> outputs = buffers_of(kernel, Role::kOutput);
  write_items(out, 0, "def kernel_function(", names(inputs), "):");
  const auto body = out.indent();
  out.line("\"\"\"{}\"\"\"", kernel.summary);
  if (const Buffer* first = first_tensor(inputs)) {
    const auto branch = out.block("if _on_other_device({}):", first->name);
    const auto guard = out.block("with torch.cuda.device({}.device):", first->name);
    write_items(out, 3, "return kernel_function(", names(inputs), ")");
  }
  const std::string device = device_expression(out, inputs);
  // Tensors are checked before scalars are made on their device.
  for (const bool scalar : {false, true}) {
    for (const Buffer* input : inputs) {
      if (is_scalar(*input) == scalar) write_expectation(out, 1, input->name, input->name, input->type, device);
    }
  }
  for (const Buffer* output : outputs) out.line("{} = {}", output->name, allocation(output->type, "", device));
  if (!is_empty(kernel)) {
    for (const Buffer* scratch : buffers_of(kernel, Role::kScratch)) {
      out.line("{} = {}", scratch->name, allocation(scratch->type, scratch->initial, device));
    }
    write_launches(out, 1, kernel);
  }
  out.line("return {}", join(names(outputs), ", "));
}

}  // namespace

std::vector<const Buffer*> buffers_of(const Kernel& kernel, Role role) {
  std::vector<const Buffer*> found;
  for (const Buffer& buffer : kernel.buffers) {
    if (buffer.role == role) found.push_back(&buffer);
  }
  return found;
}

bool is_empty(const Kernel& kernel) {
  const std::vector<const Buffer*> outputs = buffers_of(kernel, Role::kOutput);
  return std::all_of(outputs.begin(), outputs.end(), [](const Buffer* output) { return output->type.element_count() == 0; });
}

std::string allocation(const TensorType& type, std::string_view initial, std::string_view device) {
  const std::string rest = fmt::format("dtype={}, device={})", torch_name(type.dtype), device);
  const std::string shape = tuple_text(type.sizes());
  if (type.strides() == contiguous_strides(type.sizes()))
    return fmt::format("torch.{}({}, {}", initial == "zeros" ? "zeros" : "empty", shape, rest);
  KA_CHECK(initial.empty(), "only row-major scratch can start as zeros");
  return fmt::format("torch.empty_strided({}, {}, {}", shape, tuple_text(type.strides()), rest);
}

void write_expectation(SourceWriter& out, int depth, std::string_view variable, std::string_view label, const TensorType& type,
                       std::string_view device) {
  std::vector<std::string> items = {string_literal(label), std::string(variable), torch_name(type.dtype)};
  if (type.rank() == 0) {
    items.emplace_back(device);
  } else {
    items.push_back(tuple_text(type.sizes()));
    items.push_back(tuple_text(type.strides()));
  }
  write_items(out, depth, fmt::format("{} = {}(", variable, type.rank() == 0 ? "_scalar" : "_expect"), items, ")");
}

void write_launches(SourceWriter& out, int depth, const Kernel& kernel) {
  for (const Launch& launch : kernel.launches) {
    // A dimension of the grid without programs is not a valid launch.
    if (std::find(launch.grid.begin(), launch.grid.end(), "0") != launch.grid.end()) continue;
    write_items(out, depth, launch.entry + "[" + tuple_text(launch.grid) + "](", launch_arguments(launch), ")");
  }
}

std::string host_functions(bool with_scalars) {
  std::vector<std::string> parts = {std::string(trim(template_text("templates/host/restride.py"))),
                                    std::string(trim(template_text("templates/host/check.py")))};
  if (with_scalars) parts.emplace_back(trim(template_text("templates/host/scalar.py")));
  return join(parts, "\n\n\n") + "\n";
}

std::string module_imports(std::string_view text) {
  bool math = false;
  for (size_t at = text.find("math."); at != std::string_view::npos && !math; at = text.find("math.", at + 1)) {
    math = at == 0 || (text[at - 1] != '.' && text[at - 1] != '_' && std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0);
  }
  return std::string(math ? "import math\n\n" : "") + "import torch\nimport triton\nimport triton.language as tl\n";
}

std::string module_source(const Kernel& kernel) {
  if (is_whole_module(kernel)) return kernel.source;
  SourceWriter out;
  write_parts(out, kernel);
  write_kernel_function(out, kernel);
  return module_imports(out.text()) + "\n\n" + out.text();
}

std::string launcher_source(const Kernel& kernel, const std::string& function) {
  std::vector<std::string> parameters;
  for (const Role role : {Role::kInput, Role::kOutput, Role::kScratch}) {
    if (role == Role::kScratch && is_empty(kernel)) continue;  // nobody makes any
    for (const Buffer* buffer : buffers_of(kernel, role)) parameters.push_back(buffer->name);
  }
  SourceWriter out;
  write_items(out, 0, "def " + function + "(", parameters, "):");
  const auto body = out.indent();
  out.line("\"\"\"{}\"\"\"", kernel.summary);
  if (!is_empty(kernel)) write_launches(out, 1, kernel);
  return out.take();
}

}  // namespace ka
