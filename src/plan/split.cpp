#include <algorithm>
#include <limits>

#include "loops/builder.h"
#include "ops/rewriter.h"
#include "plan/passes.h"

namespace ka {
namespace {

// A reduction whose rows are fewer than this leaves most of a GPU idle; one shorter than this is done before it matters.
constexpr int64_t kFewRows = 1024;
constexpr int64_t kLongRow = 16384;
// Where it is split, this many programs share the work and none gets less than this to do.
constexpr int64_t kWantedPrograms = 4096;
constexpr int64_t kShortestPart = 4096;
// Parts of unequal size cost moments a second pass; they go without where this factor of the wanted parts is there already.
constexpr int64_t kUnevenGain = 16;

/// How one dim of extent `whole` is cut: `parts` parts of `part` elements, the last one padded where they do not divide.
struct Cutting {
  int64_t parts = 1;
  int64_t part = 1;
};

/// Chooses the number of parts: at most `wanted`, and a divisor of the extent if one is within a factor of four.
Cutting cut(int64_t whole, int64_t wanted) {
  for (int64_t parts = wanted; parts * 4 > wanted && parts > 1; --parts) {
    if (whole % parts == 0) return {parts, whole / parts};
  }
  return {wanted, (whole + wanted - 1) / wanted};
}

/// The value that leaves a reduction's result unchanged.
Argument identity(std::string_view op, Dtype dtype) {
  const bool floats = is_floating(dtype);
  if (op.starts_with("aten.amax") || op.starts_with("aten.argmax")) {
    if (floats) return Argument{-std::numeric_limits<double>::infinity()};
    return Argument{dtype == Dtype::kInt64   ? std::numeric_limits<int64_t>::min()
                    : dtype == Dtype::kInt32 ? int64_t{std::numeric_limits<int32_t>::min()}
                    : dtype == Dtype::kInt16 ? int64_t{-32768}
                    : dtype == Dtype::kInt8  ? int64_t{-128}
                                             : int64_t{0}};
  }
  if (op.starts_with("aten.amin") || op.starts_with("aten.argmin")) {
    if (floats) return Argument{std::numeric_limits<double>::infinity()};
    return Argument{dtype == Dtype::kInt64   ? std::numeric_limits<int64_t>::max()
                    : dtype == Dtype::kInt32 ? int64_t{std::numeric_limits<int32_t>::max()}
                    : dtype == Dtype::kInt16 ? int64_t{32767}
                    : dtype == Dtype::kInt8  ? int64_t{127}
                    : dtype == Dtype::kUint8 ? int64_t{255}
                                             : int64_t{1}};
  }
  const bool multiplies = op.starts_with("aten.prod") || op.starts_with("ka.prod") || op.starts_with("aten.all");
  return floats ? Argument{multiplies ? 1.0 : 0.0} : Argument{int64_t{multiplies ? 1 : 0}};
}

/// Rewrites one reduction in two steps. The outermost reduced dims become the parts of the first step; the dim that would give too
/// many parts is cut by a view (and a padding that the loads' guards realise, where the parts do not divide it).
class Splitter {
 public:
  Splitter(Rewriter& rewriter, const Node& node) : rw_(rewriter), node_(node), dims_(reduced_dims(rewriter.from(), node)) {
    self_ = rw_.operand(node, "self");
    sizes_ = rw_.type(self_).sizes();
    for (size_t d = 0; d < sizes_.size(); ++d) (is_reduced(d) ? row_ : rows_) *= sizes_[d];
  }

  bool is_worthwhile() const { return row_ >= kLongRow && rows_ < kFewRows && rows_ > 0; }

  void rewrite() {
    shape_parts();
    const std::string& op = node_.op;
    if (op == "ka.moments") return moments();
    if (op.starts_with("aten.arg")) return argument();
    const Dtype dtype = rw_.from().type(node_.outputs[0]).dtype;
    const ValueId partial = rw_.reduce(op, cut_, inner_, true, dtype);
    finish(0, rw_.reduce(op, partial, outer_, true, dtype));
  }

 private:
  bool is_reduced(size_t d) const { return std::find(dims_.begin(), dims_.end(), static_cast<int64_t>(d)) != dims_.end(); }

  /// Fills outer_ (dims of the parts), inner_ (dims within a part) and, where one dim is cut in two, which and how.
  void shape_parts() {
    const int64_t wanted = std::max<int64_t>(1, std::min(kWantedPrograms / rows_, row_ / kShortestPart));
    int64_t parts = 1;
    for (const int64_t d : dims_) {
      const int64_t extent = sizes_[static_cast<size_t>(d)];
      const int64_t shift = cut_dim_ == kNone ? 0 : 1;  // dims move right by one after the cut
      if (shift > 0 || parts * 2 > wanted) {
        inner_.push_back(d + shift);
      } else if (parts * extent <= wanted) {
        parts *= extent;
        outer_.push_back(d);
      } else {
        cutting_ = cut(extent, wanted / parts);
        const bool is_even = cutting_.parts * cutting_.part == extent;
        if (!is_even && node_.op == "ka.moments" && !outer_.empty() &&
            parts * kUnevenGain >= wanted) {  // parts of equal size are worth more here
          inner_.push_back(d);
          continue;
        }
        parts *= cutting_.parts;
        cut_dim_ = d;
        outer_.push_back(d);
        inner_.push_back(d + 1);
      }
    }
    is_padded_ = cut_dim_ != kNone && cutting_.parts * cutting_.part != sizes_[static_cast<size_t>(cut_dim_)];
    cut_ = in_parts(self_);
  }

  /// A tensor of the input's shape with the cut dim in two, what the last part lacks filled with the reduction's identity.
  ValueId in_parts(ValueId value) {
    if (cut_dim_ == kNone) return value;
    const auto d = static_cast<size_t>(cut_dim_);
    Shape size = sizes_;
    size[d] = cutting_.parts * cutting_.part;
    if (is_padded_) {
      Argument::List pad(2 * (sizes_.size() - d), Argument{int64_t{0}});
      pad.back() = Argument{size[d] - sizes_[d]};
      TensorType type = rw_.type(value);
      type.shape.assign(size.begin(), size.end());
      const Shape strides = contiguous_strides(size);
      type.stride.assign(strides.begin(), strides.end());
      type.offset = 0;
      value = rw_.call(
          "aten.constant_pad_nd.default",
          {{"self", Argument{Ref{value}}}, {"pad", Argument{std::move(pad)}}, {"value", identity(node_.op, type.dtype)}}, type);
    }
    size[d] = cutting_.parts;
    size.insert(size.begin() + cut_dim_ + 1, cutting_.part);
    return rw_.view(value, size);
  }

  /// The sum over all reduced dims, by parts.
  ValueId total(ValueId value, Dtype dtype) {
    const ValueId partial = rw_.reduce("aten.sum.dim_IntList", in_parts(value), inner_, true, dtype);
    const ValueId whole = rw_.reduce("aten.sum.dim_IntList", partial, outer_, true, dtype);
    Shape size = sizes_;
    for (const int64_t d : dims_) size[static_cast<size_t>(d)] = 1;
    return rw_.view(whole, size);
  }

  /// Means and squared deviations of the parts, combined: mean = avg(meanᵢ), M2 = Σ M2ᵢ + n·Σ (meanᵢ − mean)², for parts of equal
  /// size n (Chan, Golub, LeVeque 1979). Parts that needed padding go by two passes of sums instead.
  void moments() {
    if (is_padded_) {
      const Dtype dtype = rw_.from().type(node_.outputs[node_.outputs[0] == kNone ? 1 : 0]).dtype;
      const ValueId x = rw_.cast(self_, dtype);
      const ValueId mean = rw_.binary("aten.div.Tensor", total(x, dtype), static_cast<double>(row_));
      const ValueId off = rw_.binary("aten.sub.Tensor", x, mean);
      rw_.bind(node_, 0, mean);
      rw_.bind(node_, 1, total(rw_.binary("aten.mul.Tensor", off, off), dtype));
      return;
    }
    const auto [mean, m2] = rw_.moments(cut_, inner_);
    const double parts = static_cast<double>(row_) / static_cast<double>(inner_count());
    const Dtype dtype = rw_.type(mean).dtype;
    const ValueId total = rw_.reduce("aten.sum.dim_IntList", mean, outer_, true, dtype);
    const ValueId centre = rw_.binary("aten.div.Tensor", total, parts);
    const ValueId off = rw_.binary("aten.sub.Tensor", mean, centre);
    const ValueId weighted =
        rw_.binary("aten.mul.Tensor", rw_.binary("aten.mul.Tensor", off, off), static_cast<double>(inner_count()));
    const ValueId spread = rw_.reduce("aten.sum.dim_IntList", rw_.binary("aten.add.Tensor", m2, weighted), outer_, true, dtype);
    finish(0, centre);
    finish(1, spread);
  }

  /// The best part's best element: positions keep their order, so the first of equals stays first.
  void argument() {
    const bool largest = node_.op.starts_with("aten.argmax");
    const int64_t outer = outer_.front();
    const ValueId value =
        rw_.reduce(largest ? "aten.amax.default" : "aten.amin.default", cut_, inner_, true, rw_.type(cut_).dtype);
    const ValueId place = rw_.argreduce(node_.op, cut_, inner_.front(), true);
    const ValueId best = rw_.argreduce(node_.op, value, outer, true);
    TensorType type = rw_.type(best);
    const ValueId within = rw_.call("aten.gather.default",
                                    {{"self", Argument{Ref{place}}},
                                     {"dim", Argument{outer}},
                                     {"index", Argument{Ref{best}}},
                                     {"sparse_grad", Argument{false}}},
                                    type);
    finish(0, rw_.binary("aten.add.Tensor", rw_.binary("aten.mul.Tensor", best, static_cast<double>(cutting_.part)), within));
  }

  int64_t inner_count() const {
    const Shape sizes = rw_.type(cut_).sizes();
    int64_t count = 1;
    for (const int64_t d : inner_) count *= sizes[static_cast<size_t>(d)];
    return count;
  }

  /// Binds an output, given with every reduced dim kept as 1.
  void finish(size_t output, ValueId value) {
    if (output >= node_.outputs.size() || node_.outputs[output] == kNone) return;
    rw_.bind(node_, output, rw_.view(value, rw_.from().type(node_.outputs[output]).sizes()));
  }

  Rewriter& rw_;
  const Node& node_;
  std::vector<int64_t> dims_;
  ValueId self_ = kNone;
  Shape sizes_;
  int64_t row_ = 1;
  int64_t rows_ = 1;
  ValueId cut_ = kNone;
  Shape outer_;
  Shape inner_;
  int64_t cut_dim_ = kNone;
  Cutting cutting_;
  bool is_padded_ = false;
};

}  // namespace

Result<Graph> split_long_reductions(const Graph& graph) {
  Rewriter rewriter(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    rewriter.enter(static_cast<NodeId>(i));
    if (is_reduction(node)) {
      if (Splitter splitter(rewriter, node); splitter.is_worthwhile()) {
        splitter.rewrite();
        continue;
      }
    }
    rewriter.copy(node);
  }
  Graph out = std::move(rewriter.to());
  for (Output output : graph.outputs) {
    output.value = rewriter.mapped(output.value);
    out.outputs.push_back(output);
  }
  return out;
}

}  // namespace ka
