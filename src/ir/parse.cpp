#include <charconv>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "ir/graph.h"
#include "ir/text.h"

namespace ka {
namespace {

/// Reads tokens from one line of the text form.
class Line {
 public:
  Line(std::string_view text, int number) : rest_(text), number_(number) {}

  tl::unexpected<Error> bad(std::string_view message) const {
    return fail(Fault::kInput, fmt::format("graph text: {}", message), fmt::format("line {}", number_));
  }

  bool done() {
    skip_space();
    return rest_.empty();
  }
  std::string_view rest() {
    skip_space();
    return std::exchange(rest_, {});
  }

  /// Takes `token` if it comes next.
  bool take(std::string_view token) {
    skip_space();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Status expect(std::string_view token) {
    if (!take(token)) return bad(fmt::format("expected '{}' before '{}'", token, rest_.substr(0, 20)));
    return {};
  }

  /// Takes a plain word and returns it, empty where none comes next.
  std::string_view plain() {
    skip_space();
    size_t length = 0;
    while (length < rest_.size() && is_plain_word(rest_.substr(length, 1))) ++length;
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  bool at(char next) {
    skip_space();
    return rest_.starts_with(next);
  }
  bool at_quote() { return at('"'); }

  Result<std::string> string() {
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return bad("the string does not end");
    const Json json = Json::parse(rest_.substr(0, end + 1), nullptr, false);
    if (!json.is_string()) return bad("the string is malformed");
    rest_.remove_prefix(end + 1);
    return json.get<std::string>();
  }

  /// Takes a word, quoted or plain.
  Result<std::string> word() {
    if (at_quote()) return string();
    const std::string_view found = plain();
    if (found.empty()) return bad(fmt::format("expected a name before '{}'", rest_.substr(0, 20)));
    return std::string(found);
  }

  Result<int64_t> integer() {
    const std::string_view digits = plain();
    int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
      return bad(fmt::format("'{}' is not an integer", digits));
    return number;
  }

  Result<Json> json() {
    Json parsed = Json::parse(rest(), nullptr, false);
    if (parsed.is_discarded()) return bad("malformed JSON");
    return parsed;
  }

 private:
  void skip_space() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  int number_;
};

class Parser {
 public:
  Result<Graph> parse(std::string_view text) {
    int number = 0;
    bool named = false;
    while (!text.empty()) {
      const size_t end = text.find('\n');
      Line line(text.substr(0, end), ++number);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.done() || line.take("#")) continue;
      if (!named) {
        KA_CHECK_OK(header(line));
        named = true;
      } else {
        KA_CHECK_OK(statement(line));
      }
      if (!line.done()) return line.bad(fmt::format("unexpected '{}'", line.rest()));
    }
    if (!named) return fail(Fault::kInput, "graph text: the first line must read 'graph NAME mode=MODE'");
    return std::move(graph_);
  }

 private:
  Status header(Line& line) {
    KA_CHECK_OK(line.expect("graph "));
    KA_TRY(graph_.name, line.word());
    KA_CHECK_OK(line.expect("mode="));
    KA_TRY(graph_.mode, line.word());
    return {};
  }

  Status statement(Line& line) {
    if (line.take("input ")) return input(line);
    if (line.take("output ")) return output(line, OutputKind::kUser);
    if (line.take("mutate ")) return output(line, OutputKind::kMutation);
    if (line.take("tree ")) {
      KA_TRY(graph_.output_tree, line.json());
      return {};
    }
    return node(line);
  }

  Result<ValueId> define(const Line& line, Value value) {
    const auto id = static_cast<ValueId>(graph_.values.size());
    if (!ids_.emplace(value.name, id).second) return line.bad("value '" + value.name + "' is defined twice");
    graph_.values.push_back(std::move(value));
    return id;
  }

  Result<ValueId> reference(Line& line) {
    KA_CHECK_OK(line.expect("%"));
    KA_TRY(const std::string name, line.word());
    const auto found = ids_.find(name);
    if (found == ids_.end()) return line.bad("value '" + name + "' is not defined before this use");
    return found->second;
  }

  static Result<Dim> dim(Line& line) {
    if (line.at_quote()) {
      KA_TRY(std::string expression, line.string());
      if (expression.empty()) return line.bad("an empty expression");
      return Dim(std::move(expression));
    }
    KA_TRY(const int64_t value, line.integer());
    return Dim(value);
  }

  static Result<std::vector<Dim>> dims(Line& line) {
    KA_CHECK_OK(line.expect("["));
    std::vector<Dim> list;
    while (!line.take("]")) {
      if (!list.empty()) KA_CHECK_OK(line.expect(","));
      KA_TRY(Dim parsed, dim(line));
      list.push_back(std::move(parsed));
    }
    return list;
  }

  static Result<TensorType> type(Line& line) {
    KA_CHECK_OK(line.expect(":"));
    TensorType parsed;
    const std::string_view word = line.plain();
    const std::optional<Dtype> dtype = parse_dtype(word);
    if (!dtype) return line.bad(fmt::format("unknown dtype '{}'", word));
    parsed.dtype = *dtype;
    KA_TRY(parsed.shape, dims(line));
    if (line.take("stride ")) {
      KA_TRY(parsed.stride, dims(line));
    } else {
      for (const Dim& extent : parsed.shape) {
        if (!extent.is_constant()) return line.bad("a symbolic shape needs its strides written out");
      }
      const Shape strides = contiguous_strides(parsed.sizes());
      parsed.stride.assign(strides.begin(), strides.end());
    }
    if (line.take("offset ")) {
      KA_TRY(parsed.offset, dim(line));
    }
    return parsed;
  }

  Status input(Line& line) {
    Input item;
    const std::string_view kind = line.plain();
    const std::optional<InputKind> parsed = parse_input_kind(kind);
    if (!parsed) return line.bad(fmt::format("unknown input kind '{}'", kind));
    item.kind = *parsed;
    KA_TRY(item.name, line.word());
    Value value;
    value.name = item.name;
    const bool renamed = line.take("=");
    if (renamed && line.at('%')) {
      KA_TRY(item.value, reference(line));
    } else {
      if (renamed) {
        KA_TRY(value.name, line.word());
      }
      KA_TRY(value.type, type(line));
      KA_TRY(item.value, define(line, std::move(value)));
    }
    if (line.take("scalar=")) {
      KA_TRY(item.scalar_type, line.word());
    }
    if (line.take("source=")) {
      KA_TRY(item.source, line.word());
    }
    item.baked = line.take("baked");
    item.persistent = !line.take("transient");
    if (line.take("example=")) {
      KA_TRY(item.example, line.json());
    }
    graph_.inputs.push_back(std::move(item));
    return {};
  }

  Status output(Line& line, OutputKind kind) {
    Output item;
    item.kind = kind;
    if (kind == OutputKind::kMutation) {
      KA_TRY(const ValueId target, reference(line));
      const std::optional<int> index = graph_.input_of(target);
      if (!index) return line.bad("the target of a mutation must be an input");
      item.target = *index;
      KA_CHECK_OK(line.expect("="));
    }
    KA_TRY(item.value, reference(line));
    graph_.outputs.push_back(item);
    return {};
  }

  Status node(Line& line) {
    Node item;
    KA_TRY(std::vector<Value> outputs, results(line));
    KA_CHECK_OK(line.expect("="));
    KA_TRY(item.op, line.word());
    KA_CHECK_OK(arguments(line, item));
    KA_CHECK_OK(attributes(line, item));
    // Defined only now, so that a node cannot read its own outputs.
    for (Value& output : outputs) {
      if (output.name.empty()) {
        item.outputs.push_back(kNone);
        continue;
      }
      if (item.name.empty()) item.name = output.name;
      output.producer = static_cast<NodeId>(graph_.nodes.size());
      output.output_index = static_cast<int>(item.outputs.size());
      KA_TRY(const ValueId id, define(line, std::move(output)));
      item.outputs.push_back(id);
    }
    if (item.name.empty()) return line.bad("a node without outputs needs name=");
    graph_.nodes.push_back(std::move(item));
    return {};
  }

  /// Reads what stands left of '='; an unused output is a value without a name.
  static Result<std::vector<Value>> results(Line& line) {
    std::vector<Value> values;
    if (line.take("()")) return values;
    do {
      Value value;
      const bool is_quoted = line.at_quote();
      KA_TRY(value.name, line.word());
      if (value.name == "_" && !is_quoted) {
        value.name.clear();
      } else {
        KA_TRY(value.type, type(line));
      }
      values.push_back(std::move(value));
    } while (line.take(","));
    return values;
  }

  Status arguments(Line& line, Node& item) {
    KA_CHECK_OK(line.expect("("));
    while (!line.take(")")) {
      if (!item.arguments.empty()) KA_CHECK_OK(line.expect(","));
      NamedArgument argument;
      KA_TRY(argument.name, line.word());
      KA_CHECK_OK(line.expect("="));
      KA_TRY(argument.value, value(line));
      item.arguments.push_back(std::move(argument));
    }
    return {};
  }

  static Status attributes(Line& line, Node& item) {
    if (line.take("@ ")) {
      KA_TRY(item.location.file, line.word());
      KA_CHECK_OK(line.expect(":"));
      KA_TRY(const int64_t number, line.integer());
      item.location.line = static_cast<int>(number);
      if (line.at_quote()) {
        KA_TRY(item.location.text, line.string());
      }
    }
    if (line.take("name=")) {
      KA_TRY(item.name, line.word());
    }
    if (line.take("module=")) {
      KA_TRY(item.module, line.word());
    }
    if (line.take("origin=")) {
      KA_TRY(const int64_t origin, line.integer());
      item.origin = static_cast<NodeId>(origin);
    }
    return {};
  }

  Result<Argument> value(Line& line) {
    if (line.at_quote()) {
      KA_TRY(std::string text, line.string());
      return Argument{std::move(text)};
    }
    if (line.take("[")) {
      Argument::List list;
      while (!line.take("]")) {
        if (!list.empty()) KA_CHECK_OK(line.expect(","));
        KA_TRY(Argument element, value(line));
        list.push_back(std::move(element));
      }
      return Argument{std::move(list)};
    }
    if (line.at('%')) {
      KA_TRY(const ValueId id, reference(line));
      return Argument{Ref{id}};
    }
    return literal(line);
  }

  static Result<Argument> literal(Line& line) {
    // A '+' stands only in an exponent, which is not a plain character.
    std::string word(line.plain());
    if (line.take("+")) word += "+" + std::string(line.plain());
    if (word == "None") return Argument{};
    if (word == "True" || word == "False") return Argument{word == "True"};
    if (const std::optional<Dtype> dtype = parse_dtype(word)) return Argument{*dtype};
    const char* end = word.data() + word.size();
    int64_t whole = 0;
    const auto as_integer = std::from_chars(word.data(), end, whole);
    if (as_integer.ec == std::errc() && as_integer.ptr == end) return Argument{whole};
    double real = 0;
    const auto as_real = std::from_chars(word.data(), end, real);
    const bool too_large = as_integer.ec == std::errc::result_out_of_range && as_integer.ptr == end;
    if (as_real.ec == std::errc() && as_real.ptr == end && !too_large) return Argument{real};
    return line.bad("cannot read '" + word + "'");
  }

  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text) { return Parser().parse(text); }

}  // namespace ka
