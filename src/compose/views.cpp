#include "compose/views.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/text.h"
#include "kernel/python_text.h"

namespace ka {
namespace {

size_t axis(int64_t dim, int64_t rank) { return static_cast<size_t>(dim < 0 ? dim + rank : dim); }

std::string numbers(const std::vector<int64_t>& list) {
  std::vector<std::string> items;
  items.reserve(list.size());
  for (const int64_t number : list) items.push_back(std::to_string(number));
  return join(items, ", ");
}

TensorType typed(Dtype dtype, const Shape& sizes, const Shape& strides) {
  TensorType type;
  type.dtype = dtype;
  type.shape.assign(sizes.begin(), sizes.end());
  type.stride.assign(strides.begin(), strides.end());
  return type;
}

/// A tensor's extents and strides while views are applied.
struct Layout {
  Shape sizes;
  Shape strides;

  int64_t rank() const { return static_cast<int64_t>(sizes.size()); }
  void erase(size_t at) {
    sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(at));
    strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(at));
  }
};

std::string permute(const Node& node, Layout& layout) {
  const std::vector<int64_t> dims = node.at("dims").integers();
  Layout turned;
  for (const int64_t dim : dims) {
    turned.sizes.push_back(layout.sizes[axis(dim, layout.rank())]);
    turned.strides.push_back(layout.strides[axis(dim, layout.rank())]);
  }
  layout = std::move(turned);
  return ".permute(" + numbers(dims) + ")";
}

std::string transpose(int64_t a, int64_t b, Layout& layout) {
  std::swap(layout.sizes[axis(a, layout.rank())], layout.sizes[axis(b, layout.rank())]);
  std::swap(layout.strides[axis(a, layout.rank())], layout.strides[axis(b, layout.rank())]);
  return fmt::format(".transpose({}, {})", a, b);
}

std::string expand(const Shape& sizes, Layout& layout) {
  const size_t added = sizes.size() - layout.sizes.size();
  Layout wide;
  wide.sizes = sizes;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const bool kept = i >= added && layout.sizes[i - added] == sizes[i];
    wide.strides.push_back(kept ? layout.strides[i - added] : 0);
  }
  layout = std::move(wide);
  return ".expand(" + numbers(sizes) + ")";
}

std::string slice(const Node& node, const Shape& sizes, Layout& layout) {
  const size_t dim = axis(node.at("dim").integer(), layout.rank());
  const int64_t extent = layout.sizes[dim];
  const auto bound = [&](const char* name, int64_t absent) {
    const Argument& argument = node.at(name);
    const int64_t given = argument.is_none() ? absent : argument.integer();
    return std::clamp(given < 0 ? given + extent : given, int64_t{0}, extent);
  };
  const int64_t start = bound("start", 0);
  const int64_t end = bound("end", std::numeric_limits<int64_t>::max());
  const int64_t step = node.at("step").integer();
  std::string text = "[";
  for (size_t i = 0; i < dim; ++i) text += ":, ";
  text += (start > 0 ? std::to_string(start) : "") + ":" + (end < extent ? std::to_string(end) : "") +
          (step > 1 ? ":" + std::to_string(step) : "");
  layout.sizes[dim] = sizes[dim];
  layout.strides[dim] *= step;
  return text + "]";
}

std::string diagonal(const Node& node, const Shape& sizes, Layout& layout) {
  const int64_t offset = node.at("offset").integer();
  const size_t a = axis(node.at("dim1").integer(), layout.rank());
  const size_t b = axis(node.at("dim2").integer(), layout.rank());
  const int64_t stride = layout.strides[a] + layout.strides[b];
  layout.erase(std::max(a, b));
  layout.erase(std::min(a, b));
  layout.sizes.push_back(sizes.back());
  layout.strides.push_back(stride);
  return fmt::format(".diagonal({}, {}, {})", offset, a, b);
}

}  // namespace

ViewChain view_chain(const Graph& graph, const std::vector<bool>& is_host_view, ValueId value) {
  ViewChain chain;
  chain.root = value;
  for (NodeId producer = graph.value(value).producer; producer != kNone && is_host_view[static_cast<size_t>(producer)];
       producer = graph.value(chain.root).producer) {
    chain.views.insert(chain.views.begin(), producer);
    chain.root = Graph::operands(graph.node(producer)).front();
  }
  return chain;
}

std::optional<Shape> viewed_strides(const Shape& sizes, const Shape& strides, const Shape& wanted) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return contiguous_strides(wanted);
  Shape result(wanted.size(), 1);
  size_t next = wanted.size();  // one behind the innermost extent of `wanted` that has no stride yet
  int64_t chunk = 1;            // elements in the run of memory that the inner extents cover
  int64_t base = sizes.empty() ? 1 : strides.back();
  for (size_t i = sizes.size(); i-- > 0;) {
    chunk *= sizes[i];
    const bool ends = i == 0 || (sizes[i - 1] != 1 && strides[i - 1] != chunk * base);
    if (!ends) continue;
    int64_t covered = 1;
    while (next > 0 && (covered < chunk || wanted[next - 1] == 1)) {
      --next;
      result[next] = covered * base;
      covered *= wanted[next];
    }
    if (covered != chunk) return std::nullopt;
    if (i > 0) base = strides[i - 1];
    chunk = 1;
  }
  return result;
}

bool same_layout(const Shape& sizes, const Shape& strides, const Shape& other) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return true;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] != 1 && strides[i] != other[i]) return false;
  }
  return true;
}

Result<Expression> apply_view(const Graph& graph, const Node& view, const Expression& base) {
  const Shape sizes = graph.type(view.outputs.at(0)).sizes();
  Layout layout{base.type.sizes(), base.type.strides()};
  std::string text = base.text;
  if (view.op == "aten.permute.default") {
    text += permute(view, layout);
  } else if (view.op == "aten.transpose.int") {
    text += transpose(view.at("dim0").integer(), view.at("dim1").integer(), layout);
  } else if (view.op == "aten.t.default") {
    text += layout.rank() == 2 ? transpose(0, 1, layout) : "";
  } else if (view.op == "aten.expand.default") {
    text += expand(sizes, layout);
  } else if (view.op == "aten.slice.Tensor") {
    text += slice(view, sizes, layout);
  } else if (view.op == "aten.diagonal.default") {
    text += diagonal(view, sizes, layout);
  } else if (view.op == "aten.select.int") {
    const int64_t dim = view.at("dim").integer();
    text += fmt::format(".select({}, {})", dim, view.at("index").integer());
    layout.erase(axis(dim, layout.rank()));
  } else if (view.op == "aten.unsqueeze.default") {
    const int64_t dim = view.at("dim").integer();
    const size_t at = axis(dim, layout.rank() + 1);
    const int64_t stride = at < layout.sizes.size() ? layout.sizes[at] * layout.strides[at] : 1;
    layout.sizes.insert(layout.sizes.begin() + static_cast<std::ptrdiff_t>(at), 1);
    layout.strides.insert(layout.strides.begin() + static_cast<std::ptrdiff_t>(at), stride);
    text += fmt::format(".unsqueeze({})", dim);
  } else if (view.op == "aten.squeeze.dims" || view.op == "aten.view.default" || view.op == "aten._unsafe_view.default" ||
             view.op == "aten.reshape.default") {
    std::optional<Shape> strides = viewed_strides(layout.sizes, layout.strides, sizes);
    if (!strides) {
      // The memory does not allow the view, so that PyTorch would have copied too.
      const Shape dense = contiguous_strides(layout.sizes);
      text = fmt::format("_as_expected({}, {}, {})", text, tuple_text(layout.sizes), tuple_text(dense));
      strides = contiguous_strides(sizes);
    }
    text += fmt::format(".view({})", sizes.empty() ? "()" : numbers(sizes));
    layout = {sizes, *strides};
  } else if (view.op != "aten.alias.default" && view.op != "aten.detach.default") {
    return fail(Fault::kInternal, view.op + " is planned as a host view, and is none");
  }
  KA_CHECK(layout.sizes == sizes, "the type of " + view.name + " does not fit its operator");
  return Expression{std::move(text), typed(base.type.dtype, layout.sizes, layout.strides)};
}

Result<Expression> apply_views(const Graph& graph, const std::vector<NodeId>& views, Expression base) {
  for (const NodeId view : views) {
    KA_TRY(base, apply_view(graph, graph.node(view), base));
  }
  return base;
}

}  // namespace ka
