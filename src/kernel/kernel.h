#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ir/types.h"

namespace ka {

enum class Role { kInput, kOutput, kScratch };

/// A tensor (or 0-d tensor for a lifted scalar) that the launches read or write.
struct Buffer {
  std::string name;  ///< Python identifier
  Role role = Role::kInput;
  TensorType type;
  std::string initial;  ///< kScratch: "" (uninitialised) or "zeros"
};

/// One typed argument of a launch: a buffer, or a compile-time constant passed by keyword.
struct LaunchArgument {
  std::string parameter;  ///< the jit function's parameter
  std::string value;      ///< buffer name, or the constant as Python text
  bool is_buffer = false;
};

/// One call `entry[grid](arguments, num_warps=…, num_stages=…)`, `launch_cooperative_grid=True` where it is cooperative.
struct Launch {
  std::string entry;              ///< name of the @triton.jit function
  std::vector<std::string> grid;  ///< 1 to 3 Python integer expressions; constants today
  std::vector<LaunchArgument> arguments;
  int num_warps = 4;
  int num_stages = 2;
  bool cooperative = false;  ///< its programs wait for each other, so all of them must run at once
};

/// A candidate implementation of one region. Codegen fills `source` with jit functions only and lists its launches; an author that
/// writes a whole Python module (a model, a person) leaves `launches` empty and puts the module, with kernel_function, in `source`.
struct Kernel {
  std::string name;  ///< Python identifier, unique within a program after prefixing: "linear_gelu"
  std::string language = "triton";
  std::string author;    ///< "codegen", "agent:<model>", "user"
  std::string summary;   ///< one line: what it computes
  std::string schedule;  ///< printed schedule, also in the source's header
  double predicted_ms =
      0;  ///< by the author's cost model; 0 where it has none. No part of what the kernel is: to_json leaves it out
  std::string source;
  std::vector<std::string> helpers;  ///< shared jit helper functions (full text of each), deduplicated when programs are composed
  std::vector<Buffer> buffers;       ///< inputs, then outputs, then scratch, each in parameter order
  std::vector<Launch> launches;
  /// Pairs (output, input) of buffers that may be the same memory, because each element of the input is read only by the program
  /// that then overwrites it. Lets composed programs update module buffers in place; empty is always right.
  std::vector<std::pair<std::string, std::string>> in_place;
};

/// Prints `kernel` as a stand-alone Python module: imports, helpers, jit functions, and `kernel_function(*inputs)` that allocates
/// outputs and scratch, launches, and returns one tensor or a tuple. Imports only torch, triton, triton.language and math.
std::string module_source(const Kernel& kernel);

/// Prints `def <function>(inputs…, outputs…, scratch…):` whose body only launches; for composing programs.
std::string launcher_source(const Kernel& kernel, const std::string& function);

Json to_json(const Kernel& kernel);
Result<Kernel> kernel_from_json(const Json& json);

}  // namespace ka
