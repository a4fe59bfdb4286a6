#include <gtest/gtest.h>

#include "base/env.h"
#include "base/file.h"
#include "worker/pool.h"
#include "worker/test_paths.h"

namespace ka {
namespace {

constexpr const char* kProblem = R"(import torch

class Model(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = torch.nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.fc(x))

def get_inputs():
    return [torch.rand(2, 4)]

def get_init_inputs():
    return [4]
)";

/// The real Python worker on the CPU. Skipped where the interpreter has no torch or triton, unless KERNELAGENT_REQUIRE_TRITON is set.
TEST(RealWorker, TracesAProblemAndTellsAUsersMistake) {
  Loop loop;
  const auto dir = make_temp_dir("real-worker-test-").value();
  ASSERT_TRUE(write_file_atomic(dir / "problem.py", kProblem));
  ASSERT_TRUE(write_file_atomic(dir / "wrong.py", "class Model(:\n"));

  PoolOptions options;
  options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
  options.worker_path = find_in_repository("python");
  const auto workers = WorkerPool::create(loop, options);
  auto opened = loop.run(workers->open(WorkerRole::kTrace));
  if (!opened && get_env_or("KERNELAGENT_REQUIRE_TRITON", "0") == "0") {
    EXPECT_TRUE(remove_tree(dir));
    GTEST_SKIP() << to_text(opened.error());
  }
  ASSERT_TRUE(opened) << to_text(opened.error());
  WorkerSession& session = **opened;

  const auto trace = [&](const char* name) {
    Json request = {{"request", "trace"}, {"problem", (dir / name).string()}, {"mode", "train"}};
    request["source"] = {{"text", read_file(dir / name).value()}};
    return loop.run(session.call(request, std::chrono::minutes(3)));
  };
  auto reply = trace("wrong.py");
  ASSERT_TRUE(reply) << to_text(reply.error());
  const auto failure = failure_of(*reply);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, "syntax");
  EXPECT_EQ(failure->line, 1);

  reply = trace("problem.py");
  ASSERT_TRUE(reply) << to_text(reply.error());
  ASSERT_FALSE(failure_of(*reply)) << compact(*reply);
  const Json* graph = find(*reply, "graph");
  ASSERT_NE(graph, nullptr);
  EXPECT_EQ(string_or(*graph, "format"), "kernelagent-graph");
  EXPECT_EQ(find(*graph, "nodes")->size(), 2u);

  const auto versions = loop.run(workers->versions());
  ASSERT_TRUE(versions);
  EXPECT_NE(string_or(*versions, "torch"), "");
  EXPECT_TRUE(remove_tree(dir));
}

}  // namespace
}  // namespace ka
