#include "process/lease.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "process/when_all.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

class LeaseTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = make_temp_dir("lease-").value(); }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  LeaseRequest wanting(LeaseUse use) {
    LeaseRequest request;
    request.gpu = "GPU-1";
    request.use = use;
    request.doing = "timing";
    request.folder = folder_;
    request.progress = [this](const std::string& line) { heard_.push_back(line); };
    return request;
  }
  /// Takes a lease in another process, which keeps it until it is killed or told to let go.
  pid_t elsewhere(LeaseUse use) {
    int ready[2] = {-1, -1};
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Loop loop;
      const Result<Lease> lease = loop.run(take_lease(loop, wanting(use)));
      static_cast<void>(::write(ready[1], lease ? "y" : "n", 1));
      for (;;) ::pause();
    }
    char answer = 'n';
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
  }
  static void end(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  std::filesystem::path folder_;
  std::vector<std::string> heard_;
  Loop loop_;
};

Task<bool> gets(Loop& loop, LeaseRequest request, std::vector<std::string>& order, std::string name) {
  const Result<Lease> lease = co_await take_lease(loop, std::move(request));
  order.push_back(name);
  co_await loop.sleep(30ms);
  order.push_back(name + " gone");
  co_return lease.has_value();
}

Task<void> end_after(Loop& loop, std::chrono::milliseconds span, pid_t child) {
  co_await loop.sleep(span);
  ::kill(child, SIGKILL);
}

TEST_F(LeaseTest, WhoSharesDoesNotWaitForOthersWhoShare) {
  const pid_t other = elsewhere(LeaseUse::kShared);
  EXPECT_TRUE(loop_.run(take_lease(loop_, wanting(LeaseUse::kShared))));
  EXPECT_TRUE(heard_.empty());
  end(other);
}

TEST_F(LeaseTest, WhoSharesWaitsForWhoTimesAndTheKernelReleasesADeadOne) {
  const pid_t other = elsewhere(LeaseUse::kExclusive);
  loop_.spawn(end_after(loop_, 100ms, other));
  EXPECT_TRUE(loop_.run(take_lease(loop_, wanting(LeaseUse::kShared))));
  ASSERT_FALSE(heard_.empty());
  EXPECT_EQ(heard_.front(), fmt::format("waiting for the GPU: pid {} is timing", other));
  ::waitpid(other, nullptr, 0);
}

TEST_F(LeaseTest, WhoTimesWaitsForThoseWhoShare) {
  const pid_t other = elsewhere(LeaseUse::kShared);
  loop_.spawn(end_after(loop_, 100ms, other));
  EXPECT_TRUE(loop_.run(take_lease(loop_, wanting(LeaseUse::kExclusive))));
  ASSERT_FALSE(heard_.empty());
  EXPECT_EQ(heard_.front(), "waiting for the GPU: others are using it");
  ::waitpid(other, nullptr, 0);
}

/// One after another would keep sharing it, and the one who wants it alone would never come.
TEST_F(LeaseTest, WhoTimesComesBeforeThoseWhoComeLater) {
  std::vector<std::string> order;
  std::vector<Task<bool>> tasks;
  tasks.push_back(gets(loop_, wanting(LeaseUse::kShared), order, "first"));
  tasks.push_back(gets(loop_, wanting(LeaseUse::kExclusive), order, "alone"));
  tasks.push_back(gets(loop_, wanting(LeaseUse::kShared), order, "later"));
  loop_.run(when_all(std::move(tasks)));
  const std::vector<std::string> expected = {"first", "first gone", "alone", "alone gone", "later", "later gone"};
  EXPECT_EQ(order, expected);
}

TEST_F(LeaseTest, OtherGpusAreOtherLeases) {
  const pid_t other = elsewhere(LeaseUse::kExclusive);
  LeaseRequest request = wanting(LeaseUse::kExclusive);
  request.gpu = "../GPU/2";  // whatever a worker calls it, it stays in the folder
  EXPECT_TRUE(loop_.run(take_lease(loop_, std::move(request))));
  EXPECT_TRUE(is_file(folder_ / "___GPU_2.lock"));
  end(other);
}

TEST_F(LeaseTest, AnInterruptionEndsTheWait) {
  const pid_t other = elsewhere(LeaseUse::kExclusive);
  loop_.stop();
  const Result<Lease> lease = loop_.run(take_lease(loop_, wanting(LeaseUse::kShared)));
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().fault, Fault::kInterrupted);
  end(other);
}

TEST_F(LeaseTest, AFolderOfAStrangersIsRefused) {
  LeaseRequest request = wanting(LeaseUse::kShared);
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
  const Result<Lease> lease = loop_.run(take_lease(loop_, std::move(request)));
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().fault, Fault::kEnvironment);
}

Task<bool> gets_memory(Loop& loop, MemoryRequest request, std::chrono::milliseconds keep, std::vector<std::string>& order,
                       std::string name) {
  const Result<Lease> lease = co_await take_memory(loop, std::move(request));
  order.push_back(name);
  co_await loop.sleep(keep);
  order.push_back(name + " ends");
  co_return lease.has_value();
}

TEST_F(LeaseTest, MemoryIsSharedOutAndWhoWantsMuchIsNotPassedBy) {
  std::vector<std::string> order, heard;
  const auto wanting_memory = [&](double share) {
    MemoryRequest request;
    request.gpu = "GPU-1";
    request.share = share;
    request.folder = folder_;
    request.progress = [&heard](const std::string& line) { heard.push_back(line); };
    return request;
  };
  std::vector<Task<bool>> all;
  all.push_back(gets_memory(loop_, wanting_memory(0.4), 100ms, order, "first"));
  all.push_back(gets_memory(loop_, wanting_memory(0.5), 200ms, order, "second"));
  all.push_back(gets_memory(loop_, wanting_memory(0.45), 1ms, order, "big"));
  all.push_back(gets_memory(loop_, wanting_memory(0.01), 1ms, order, "small"));
  for (const bool got : loop_.run(when_all(std::move(all)))) EXPECT_TRUE(got);
  const std::vector<std::string> expected = {"first", "second", "first ends", "big"};
  ASSERT_EQ(order.size(), 8U);
  EXPECT_EQ(std::vector<std::string>(order.begin(), order.begin() + 4), expected);
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.front(), "waiting for 45 % of the GPU's memory");
}

TEST_F(LeaseTest, MoreMemoryThanThereIsMeansAllOfIt) {
  MemoryRequest request;
  request.gpu = "GPU-1";
  request.share = 3;
  request.folder = folder_;
  EXPECT_TRUE(loop_.run(take_memory(loop_, std::move(request))));
}

}  // namespace
}  // namespace ka
