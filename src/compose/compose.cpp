#include "compose/compose.h"

#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "base/check.h"
#include "base/digest.h"
#include "base/templates.h"
#include "base/text.h"
#include "compose/embed.h"
#include "compose/entry.h"
#include "ir/text.h"
#include "kernel/host.h"

namespace ka {
namespace {

/// Names of the forward zone that every program has.
constexpr std::array kFixedNames = {"torch",
                                    "triton",
                                    "tl",
                                    "math",
                                    "kernel_function",
                                    "ModelNew",
                                    "Model",
                                    "_program",
                                    "_call",
                                    "_Forward",
                                    "_constant",
                                    "_constants",
                                    "_check",
                                    "_expect",
                                    "_as_expected",
                                    "_scalar",
                                    "_copy_into",
                                    "_device_of",
                                    "_expect_in_place",
                                    "_strided_copy_kernel",
                                    "_on_other_device"};

/// Writes one composed program.
class Composer {
 public:
  Composer(const Plan& plan, const std::vector<Kernel>& kernels, std::string_view problem_source, const std::string& problem_path)
      : plan_(plan), problem_(problem_source), path_(problem_path), embedding_(names_.module) {
    for (const Subgraph& subgraph : plan.subgraphs) kernels_.push_back(&kernels[static_cast<size_t>(subgraph.representative)]);
  }

  Result<std::string> compose() {
    KA_TRY(const SyntaxTree tree, parse_python(problem_, path_));
    const ForwardSignature signature = forward_signature(tree, path_).value_or(traced_signature());
    KA_TRY(const std::string construction, construction_zone(problem_, path_));
    problem_names_ = top_level_names(SyntaxTree::parse(construction).root());
    KA_CHECK_OK(take_names());
    KA_TRY(const Dataflow flow, Dataflow::analyze(plan_, kernels_));
    name_parameters(flow);
    embed_kernels();
    KA_TRY(const std::string forward, forward_zone(flow, signature));
    const std::string program = header() + construction_marker(problem_) + "\n" + construction + "\n\n" +
                                std::string(kForwardMarker) + "\n" + forward + "\n\n" + std::string(kSelfTestMarker) + "\n" +
                                self_test();
    KA_CHECK_OK(split_zones(program));
    return program;
  }

 private:
  /// What forward takes where Model inherits it: the traced inputs.
  ForwardSignature traced_signature() const {
    ForwardSignature signature;
    for (const Input& input : plan_.graph.inputs) {
      const std::string name = input.name.substr(0, input.name.find('.'));
      const bool known = !signature.parameters.empty() && signature.parameters.back().name == name;
      if (!is_user_input(input) || known) continue;
      signature.parameters.push_back({name, "", ""});
      signature.text += (signature.text.empty() ? "" : ", ") + name;
    }
    return signature;
  }

  /// Takes what the problem and every program call something at module level.
  Status take_names() {
    for (const std::string& name : problem_names_) names_.module.reserve(name);
    for (const char* name : kFixedNames) names_.module.reserve(name);
    for (const char* name : {"kernel_function", "ModelNew"}) {
      if (!problem_names_.contains(name)) continue;
      return fail(Fault::kInput, fmt::format("the problem defines {}, which is a name of the program", name), path_,
                  "rename it in the problem");
    }
    return {};
  }

  /// User inputs and the state that the program uses. Forward's own names come first, so that they stay as they are.
  void name_parameters(const Dataflow& flow) {
    const std::vector<Input>& inputs = plan_.graph.inputs;
    names_.parameters.resize(inputs.size());
    names_.constants.resize(inputs.size());
    NameScope scope;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool used = is_user_input(inputs[i]) || flow.is_used(static_cast<int>(i));
      if (used && !is_literal(inputs[i])) names_.parameters[i] = scope.take(inputs[i].name);
      if (used && is_literal(inputs[i]))
        names_.constants[i] = names_.module.take("_" + to_upper(plan_.graph.value(inputs[i].value).name));
    }
  }

  static std::string to_upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }

  void embed_kernels() {
    std::map<int, std::string> functions;
    for (size_t i = 0; i < plan_.subgraphs.size(); ++i) {
      const int representative = plan_.subgraphs[i].representative;
      if (!functions.contains(representative)) functions[representative] = embedding_.add(*kernels_[i]);
      names_.functions.push_back(functions[representative]);
    }
  }

  Result<std::string> forward_zone(const Dataflow& flow, const ForwardSignature& signature) {
    SourceWriter entries;
    KA_CHECK_OK(write_program(entries, plan_, flow, kernels_, names_));
    entries.blank(2);
    KA_CHECK_OK(write_entries(entries, plan_, flow, names_, signature, problem_names_));
    SourceWriter body;
    KA_CHECK_OK(write_constants(body));
    body.raw(host_text(entries.text()));
    body.blank(2);
    body.raw(trim(embedding_.text()));
    body.blank(2);
    body.raw(trim(entries.text()));
    std::string imports = module_imports(body.text());
    for (const std::string& line : embedding_.imports()) imports += line + "\n";
    return rename_clashes(imports + "\n\n" + std::string(trim(body.text())) + "\n");
  }

  /// The host functions that the program calls.
  static std::string host_text(std::string_view entries) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOptional = {
        {{"_expect_in_place(", "in_place"}, {"_device_of(", "device"}, {"_constant(", "constant"}}};
    std::string text = host_functions(entries.find("_scalar(") != std::string_view::npos);
    for (const auto& [call, name] : kOptional) {
      if (entries.find(call) == std::string_view::npos) continue;
      text += "\n\n" + std::string(trim(template_text(fmt::format("templates/host/{}.py", name)))) + "\n";
    }
    return text;
  }

  Status write_constants(SourceWriter& out) const {
    for (size_t i = 0; i < plan_.graph.inputs.size(); ++i) {
      const Input& input = plan_.graph.inputs[i];
      if (names_.constants[i].empty()) continue;
      if (!input.example.is_array()) {
        return fail(Fault::kInput, "the constant " + input.name + " that forward makes is too large to be written into a program",
                    path_, "make it a buffer in __init__");
      }
      std::vector<std::string> items;
      for (const Json& element : input.example) items.push_back(python_literal(element));
      if (items.size() == 1) items.front() += ",";
      write_items(out, 0, names_.constants[i] + " = (", items, ")");
    }
    out.blank(2);
    return {};
  }

  /// The problem may use one of the fixed private names itself.
  std::string rename_clashes(std::string text) {
    std::map<std::string, std::string> renamed;
    for (const char* name : kFixedNames) {
      if (name[0] == '_' && problem_names_.contains(name)) renamed[name] = names_.module.take(std::string("_ka") + name);
    }
    return renamed.empty() ? text : rename_globals(text, renamed);
  }

  std::string header() const {
    std::set<std::string> authors;
    std::set<int> unique;
    for (size_t i = 0; i < kernels_.size(); ++i) {
      authors.insert(kernels_[i]->author);
      unique.insert(plan_.subgraphs[i].representative);
    }
    const std::string file = std::filesystem::path(path_).filename().string();
    const std::string written = authors.empty() ? "" : " written by " + join({authors.begin(), authors.end()}, ", ");
    return fmt::format(
        "# {} as a Triton program, composed by KernelAgent: {}, {}{}.\n"
        "# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;\n"
        "# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.\n",
        file, plural(static_cast<int64_t>(unique.size()), "kernel"), plural(static_cast<int64_t>(kernels_.size()), "call"),
        written);
  }

  std::string self_test() const {
    std::string text(template_text("templates/program/self_test.py"));
    text = replace_all(std::move(text), "{{train}}", plan_.graph.mode == "train" ? "True" : "False");
    return replace_all(std::move(text), "{{path}}", string_literal(path_));
  }

  const Plan& plan_;
  std::string problem_;
  std::string path_;
  std::vector<const Kernel*> kernels_;  ///< per subgraph, its representative's
  ProgramNames names_;
  Embedding embedding_;
  std::set<std::string> problem_names_;
};

}  // namespace

Result<std::string> compose_program(const Plan& plan, const std::vector<Kernel>& kernels, std::string_view problem_source,
                                    const std::string& problem_path) {
  KA_CHECK(kernels.size() == plan.subgraphs.size(), "one kernel per subgraph");
  return Composer(plan, kernels, problem_source, problem_path).compose();
}

}  // namespace ka
