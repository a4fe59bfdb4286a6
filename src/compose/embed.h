#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/source_writer.h"
#include "kernel/kernel.h"
#include "kernel/python_text.h"

namespace ka {

/// Gathers the sources of many kernels into one module's namespace, renaming what clashes. Equal helpers are written once.
class Embedding {
 public:
  /// `scope` holds the names that the module has already.
  explicit Embedding(NameScope& scope) : scope_(scope) {}

  /// Adds a kernel and returns the name of the function that runs it: a launcher of its launches (parameters: inputs, outputs, scratch),
  /// or its own kernel_function under another name (parameters: inputs; returns the outputs).
  std::string add(const Kernel& kernel);

  /// Import statements of whole-module kernels, each once, beyond torch, triton and triton.language.
  const std::vector<std::string>& imports() const { return imports_; }
  /// Shared helpers, then each kernel's functions, in the order of adding.
  std::string text() const;

 private:
  std::string add_launches(const Kernel& kernel);
  std::string add_module(const Kernel& kernel);
  void add_helpers(const Kernel& kernel, std::map<std::string, std::string>& renamed);
  std::map<std::string, std::string> rename_taken(const std::set<std::string>& names, const std::string& prefix);

  NameScope& scope_;
  std::vector<std::string> imports_;
  std::map<std::string, std::map<std::string, std::string>> helpers_;  ///< text → its names that had to change
  std::vector<std::string> helper_texts_;
  std::vector<std::string> kernel_texts_;
};

}  // namespace ka
