#include "codegen/author.h"

#include "base/result.h"
#include "codegen/generate.h"

namespace ka {
namespace {

class CodegenAttempt : public Attempt {
 public:
  explicit CodegenAttempt(Assignment assignment) : assignment_(std::move(assignment)) {}

  StepResult step() override {
    if (done_ || rank_ >= static_cast<size_t>(assignment_.candidates)) return Done{};
    Result<Kernel> kernel = generate(*assignment_.region.plan, assignment_.region.subgraph, assignment_.target, rank_++);
    if (!kernel) return Done{rank_ == 1 ? kernel.error().message : std::string()};
    done_ = kernel->source == last_;  // ranks behind the last one repeat it
    if (done_) return Done{};
    last_ = kernel->source;
    return Candidates{{std::move(*kernel)}};
  }
  void cancel() override { done_ = true; }

 private:
  Assignment assignment_;
  size_t rank_ = 0;
  std::string last_;
  bool done_ = false;
};

class CodegenAuthor : public Author {
 public:
  std::string name() const override { return "codegen"; }

  Decision accepts(const Region& region) const override {
    if (region.subgraph.type == "opaque") return Decision::refuse(fmt::format("{} cannot be emitted", region.subgraph.title));
    if (region.subgraph.launches.empty()) return Decision::refuse("the region was not planned into loop nests");
    return Decision::accept("every operator lowers to loops");
  }

  std::unique_ptr<Attempt> begin(Assignment assignment) override {
    return std::make_unique<CodegenAttempt>(std::move(assignment));
  }
};

}  // namespace

std::unique_ptr<Author> make_codegen_author() { return std::make_unique<CodegenAuthor>(); }

}  // namespace ka
