#include "compose/compose.h"

#include <array>
#include <cctype>
#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include "base/check.h"
#include "base/digest.h"
#include "base/templates.h"
#include "base/text.h"
#include "compose/embed.h"
#include "compose/entry.h"
#include "compose/launch_graph.h"
#include "ir/text.h"
#include "kernel/host.h"

namespace ka {
namespace {

/// Names of the forward zone that every program has.
constexpr std::array kFixedNames = {
    "torch",           "triton",  "tl",         "math",       "kernel_function", "ModelNew",         "Model",
    "_program",        "_call",   "_Forward",   "_constant",  "_constants",      "_check",           "_expect",
    "_as_expected",    "_scalar", "_copy_into", "_device_of", "_kept",           "_expect_in_place", "_strided_copy_kernel",
    "_on_other_device"};

/// A plan with its kernels, and what the text calls them.
struct Piece {
  std::string name;  ///< of the part; empty for a whole program
  const Plan* plan;
  std::vector<const Kernel*> kernels;  ///< per subgraph, its representative's
  ProgramNames names = {};
};

Piece make_piece(std::string name, const Plan& plan, const std::vector<Kernel>& kernels) {
  KA_CHECK(kernels.size() == plan.subgraphs.size(), "one kernel per subgraph");
  Piece piece{std::move(name), &plan, {}};
  for (const Subgraph& subgraph : plan.subgraphs) piece.kernels.push_back(&kernels[static_cast<size_t>(subgraph.representative)]);
  return piece;
}

/// "ScaleRelu" → "_scale_relu".
std::string function_name(std::string_view part) {
  std::string name = "_";
  for (size_t i = 0; i < part.size(); ++i) {
    const auto c = static_cast<unsigned char>(part[i]);
    if (std::isupper(c) != 0 && i > 0 && std::isupper(static_cast<unsigned char>(part[i - 1])) == 0) name += '_';
    name += static_cast<char>(std::tolower(c));
  }
  return name;
}

/// Writes one composed program: of one plan, or of glue and its parts.
class Composer {
 public:
  Composer(std::string_view problem_source, const std::string& problem_path)
      : problem_(problem_source), path_(problem_path), embedding_(module_) {}

  Result<std::string> compose(Piece piece, bool replay) {
    pieces_.push_back(std::move(piece));
    KA_TRY(const SyntaxTree tree, parse_python(problem_, path_));
    const ForwardSignature signature = forward_signature(tree, path_).value_or(traced_signature());
    KA_CHECK_OK(prepare());
    SourceWriter entries;
    Piece& whole = pieces_.front();
    KA_TRY(const Dataflow flow, analyze(whole));
    whole.names.module = module_;
    KA_CHECK_OK(write_program(entries, *whole.plan, flow, whole.kernels, whole.names));
    entries.blank(2);
    const bool recorded = replay && can_replay_launches(*whole.plan, flow, whole.kernels, problem_);
    KA_CHECK_OK(write_entries(entries, *whole.plan, flow, whole.names, signature, problem_names_, recorded));
    return program(entries.text());
  }

  Result<std::string> compose(const Glue& glue, const std::vector<ComposedPart>& parts) {
    KA_CHECK_OK(prepare());
    std::map<std::string, std::string> functions;
    for (const ComposedPart& part : parts) functions[part.name] = module_.take(function_name(part.name));
    std::string entries;
    for (const ComposedPart& part : parts) {
      KA_TRY(const std::string text, part.plan == nullptr ? Result<std::string>(uncalled(part.name, functions.at(part.name)))
                                                          : part_text(part, functions.at(part.name)));
      entries += std::string(trim(text)) + "\n\n\n";
    }
    entries +=
        "class ModelNew(Model):\n    \"\"\"Built as the problem's Model is; its forward joins the functions above.\"\"\"\n\n" +
        glue.forward(functions) + "\n";
    return program(entries);
  }

 private:
  /// Reads the problem and takes its names.
  Status prepare() {
    KA_TRY(construction_, construction_zone(problem_, path_));
    problem_names_ = top_level_names(SyntaxTree::parse(construction_).root());
    return take_names();
  }

  Result<Dataflow> analyze(Piece& piece) {
    KA_TRY(Dataflow flow, Dataflow::analyze(*piece.plan, piece.kernels));
    name_parameters(piece, flow);
    embed_kernels(piece);
    return flow;
  }

  /// A part's functions, named after it.
  Result<std::string> part_text(const ComposedPart& part, const std::string& function) {
    pieces_.push_back(make_piece(part.name, *part.plan, part.kernels));
    Piece& piece = pieces_.back();
    KA_TRY(const Dataflow flow, analyze(piece));
    piece.names.module = module_;
    SourceWriter out;
    KA_CHECK_OK(write_program(out, *piece.plan, flow, piece.kernels, piece.names));
    out.blank(2);
    KA_CHECK_OK(write_function(out, *piece.plan, flow, piece.names, problem_names_));
    const std::string text =
        replace_all(out.take(), "Computes what Model.forward computes; state goes by name, with underscores for dots.",
                    "Computes what " + part.name + " computes.");
    return rename_globals(text, {{"kernel_function", function},
                                 {"_program", module_.take(function + "_program")},
                                 {"_call", module_.take(function + "_call")},
                                 {"_Forward", module_.take("_Forward" + part.name)}});
  }

  /// A branch that no input set took leads here.
  static std::string uncalled(const std::string& part, const std::string& function) {
    return fmt::format(
        "def {}(*arguments):\n    raise NotImplementedError(\"{}: no input set took the branch that calls it while this program was "
        "made\")\n",
        function, part);
  }

  Result<std::string> program(const std::string& entries) {
    KA_TRY(const std::string forward, forward_zone(entries));
    const std::string program = header() + construction_marker(problem_) + "\n" + construction_ + "\n\n" +
                                std::string(kForwardMarker) + "\n" + forward + "\n\n" + std::string(kSelfTestMarker) + "\n" +
                                self_test();
    KA_CHECK_OK(split_zones(program));
    return program;
  }

  /// What forward takes where Model inherits it: the traced inputs.
  ForwardSignature traced_signature() const {
    ForwardSignature signature;
    for (const Input& input : pieces_.front().plan->graph.inputs) {
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
    for (const std::string& name : problem_names_) module_.reserve(name);
    for (const char* name : kFixedNames) module_.reserve(name);
    for (const char* name : {"kernel_function", "ModelNew"}) {
      if (!problem_names_.contains(name)) continue;
      return fail(Fault::kInput, fmt::format("the problem defines {}, which is a name of the program", name), path_,
                  "rename it in the problem");
    }
    return {};
  }

  /// User inputs and the state that the program uses. Forward's own names come first, so that they stay as they are.
  void name_parameters(Piece& piece, const Dataflow& flow) {
    const Graph& graph = piece.plan->graph;
    const std::vector<Input>& inputs = graph.inputs;
    piece.names.parameters.resize(inputs.size());
    piece.names.constants.resize(inputs.size());
    NameScope scope;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool used = is_user_input(inputs[i]) || flow.is_used(static_cast<int>(i));
      if (used && !is_literal(inputs[i])) piece.names.parameters[i] = scope.take(inputs[i].name);
      if (used && is_literal(inputs[i]))
        piece.names.constants[i] = module_.take("_" + to_upper(graph.value(inputs[i].value).name));
    }
  }

  static std::string to_upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }

  void embed_kernels(Piece& piece) {
    std::map<int, std::string> functions;
    for (size_t i = 0; i < piece.plan->subgraphs.size(); ++i) {
      const int representative = piece.plan->subgraphs[i].representative;
      if (!functions.contains(representative)) functions[representative] = embedding_.add(*piece.kernels[i]);
      piece.names.functions.push_back(functions[representative]);
    }
  }

  Result<std::string> forward_zone(const std::string& entries) {
    SourceWriter body;
    for (const Piece& piece : pieces_) KA_CHECK_OK(write_constants(body, piece));
    body.raw(host_text(entries));
    body.blank(2);
    body.raw(trim(embedding_.text()));
    body.blank(2);
    body.raw(trim(entries));
    std::string imports = module_imports(body.text());
    for (const std::string& line : embedding_.imports()) imports += line + "\n";
    return rename_clashes(imports + "\n\n" + std::string(trim(body.text())) + "\n");
  }

  /// The host functions that the program calls, and what replays its launches.
  static std::string host_text(std::string_view entries) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOptional = {
        {{"_expect_in_place(", "in_place"}, {"_device_of(", "device"}, {"_constant(", "constant"}, {" _kept(", "kept"}}};
    std::string text = host_functions(entries.find("_scalar(") != std::string_view::npos);
    for (const auto& [call, name] : kOptional) {
      if (entries.find(call) == std::string_view::npos) continue;
      text += "\n\n" + std::string(trim(template_text(fmt::format("templates/host/{}.py", name)))) + "\n";
    }
    if (entries.find("_replayed(") != std::string_view::npos)
      text += "\n\n" + std::string(trim(template_text("templates/program/launch_graph.py"))) + "\n";
    return text;
  }

  Status write_constants(SourceWriter& out, const Piece& piece) const {
    for (size_t i = 0; i < piece.plan->graph.inputs.size(); ++i) {
      const Input& input = piece.plan->graph.inputs[i];
      if (piece.names.constants[i].empty()) continue;
      if (!input.example.is_array()) {
        return fail(Fault::kInput, "the constant " + input.name + " that forward makes is too large to be written into a program",
                    path_, "make it a buffer in __init__");
      }
      std::vector<std::string> items;
      for (const Json& element : input.example) items.push_back(python_literal(element));
      if (items.size() == 1) items.front() += ",";
      write_items(out, 0, piece.names.constants[i] + " = (", items, ")");
    }
    out.blank(2);
    return {};
  }

  /// The problem may use one of the fixed private names itself.
  std::string rename_clashes(std::string text) {
    std::map<std::string, std::string> renamed;
    for (const char* name : kFixedNames) {
      if (name[0] == '_' && problem_names_.contains(name)) renamed[name] = module_.take(std::string("_ka") + name);
    }
    return renamed.empty() ? text : rename_globals(text, renamed);
  }

  std::string header() const {
    std::set<std::string> authors;
    int64_t kernels = 0, calls = 0;
    for (const Piece& piece : pieces_) {
      std::set<int> unique;
      for (size_t i = 0; i < piece.kernels.size(); ++i) {
        authors.insert(piece.kernels[i]->author);
        unique.insert(piece.plan->subgraphs[i].representative);
      }
      kernels += static_cast<int64_t>(unique.size());
      calls += static_cast<int64_t>(piece.kernels.size());
    }
    const std::string file = std::filesystem::path(path_).filename().string();
    const std::string written = authors.empty() ? "" : " written by " + join({authors.begin(), authors.end()}, ", ");
    return fmt::format(
        "# {} as a Triton program, composed by KernelAgent: {}, {}{}.\n"
        "# Use ModelNew in place of Model{}. Run this file to compare it with the problem;\n"
        "# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.\n",
        file, plural(kernels, "kernel"), plural(calls, "call"), written,
        is_whole() ? ", or call kernel_function with the state by name" : "");
  }

  std::string self_test() const {
    std::string text(template_text("templates/program/self_test.py"));
    text = replace_all(std::move(text), "{{train}}",
                       pieces_.empty() || pieces_.front().plan->graph.mode == "train" ? "True" : "False");
    return replace_all(std::move(text), "{{path}}", string_literal(path_));
  }

  bool is_whole() const { return pieces_.size() == 1 && pieces_.front().name.empty(); }

  std::string problem_;
  std::string path_;
  std::string construction_;
  std::deque<Piece> pieces_;
  NameScope module_;  ///< taken at module level
  Embedding embedding_;
  std::set<std::string> problem_names_;
};

}  // namespace

Result<std::string> compose_program(const Plan& plan, const std::vector<Kernel>& kernels, std::string_view problem_source,
                                    const std::string& problem_path, bool replay) {
  return Composer(problem_source, problem_path).compose(make_piece({}, plan, kernels), replay);
}

Result<std::string> compose_glue(const Glue& glue, const std::vector<ComposedPart>& parts, std::string_view problem_source,
                                 const std::string& problem_path) {
  return Composer(problem_source, problem_path).compose(glue, parts);
}

}  // namespace ka
