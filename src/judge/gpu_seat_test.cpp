#include "judge/gpu_seat.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

#include "base/text.h"
#include "process/when_all.h"

namespace ka {
namespace {

class GpuSeatTest : public testing::Test {
 protected:
  /// One who tells what it waits for.
  std::unique_ptr<GpuSeat> seat(std::string who) {
    return std::make_unique<GpuSeat>(loop_, fmt::format("test {}", ::getpid()),
                                     [this, who = std::move(who)](const std::string& line) { told_.push_back(who + line); });
  }

  Loop loop_;
  std::vector<std::string> told_, done_;
};

TEST_F(GpuSeatTest, WhoWaitsForMemoryKeepsNobodyFromBeingAlone) {
  const auto times = [&]() -> Task<Status> {
    const std::unique_ptr<GpuSeat> first = seat("first: ");
    KA_CO_CHECK_OK(co_await first->sit(LeaseUse::kShared));
    KA_CO_CHECK_OK(co_await first->claim(60, 100));
    while (told_.empty()) co_await loop_.sleep(std::chrono::milliseconds(5));
    KA_CO_CHECK_OK(co_await first->sit(LeaseUse::kExclusive));
    done_.emplace_back("timed");
    co_return Status();
  };
  const auto judges = [&]() -> Task<Status> {
    const std::unique_ptr<GpuSeat> second = seat("second: ");
    KA_CO_CHECK_OK(co_await second->sit(LeaseUse::kShared));
    KA_CO_CHECK_OK(co_await second->claim(60, 100));
    done_.emplace_back("judged");
    co_return Status();
  };
  std::vector<Task<Status>> both;
  both.push_back(times());
  both.push_back(judges());
  for (const Status& status : loop_.run(when_all(std::move(both)))) EXPECT_TRUE(status);
  EXPECT_EQ(done_, (std::vector<std::string>{"timed", "judged"}));
  EXPECT_THAT(told_, testing::Each("second: waiting for 60 % of the GPU's memory"));
}

TEST_F(GpuSeatTest, ManyWhoJudgeAndTimeAllGetThrough) {
  int alone = 0, sharing = 0, finished = 0;
  double claimed = 0;
  const auto one = [&](int number) -> Task<Status> {
    const std::unique_ptr<GpuSeat> mine = seat("");
    const double share = std::array{0.1, 0.3, 0.6, 1.0}[static_cast<size_t>(number) % 4];
    KA_CO_CHECK_OK(co_await mine->sit(LeaseUse::kShared));
    co_await loop_.sleep(std::chrono::milliseconds(number % 3));
    KA_CO_CHECK_OK(co_await mine->claim(share, 1));
    claimed += share;
    EXPECT_LE(claimed, 1.1);
    EXPECT_EQ(alone, 0);
    ++sharing;
    co_await loop_.sleep(std::chrono::milliseconds(3));
    --sharing;
    if (number % 2 == 0) {  // the others only judge
      KA_CO_CHECK_OK(co_await mine->sit(LeaseUse::kExclusive));
      EXPECT_EQ(++alone, 1);
      EXPECT_EQ(sharing, 0);
      co_await loop_.sleep(std::chrono::milliseconds(1));
      --alone;
    }
    claimed -= share;
    ++finished;
    co_return Status();
  };
  std::vector<Task<Status>> all;
  for (int number = 0; number < 16; ++number) all.push_back(one(number));
  for (const Status& status : loop_.run(when_all(std::move(all)))) EXPECT_TRUE(status);
  EXPECT_EQ(finished, 16);
}

TEST_F(GpuSeatTest, WithoutAGpuNothingIsWaitedFor) {
  GpuSeat first(loop_, "", {}), second(loop_, "", {});
  const std::vector<GpuSeat*> both = {&first, &second};
  const auto all = [&]() -> Task<Status> {
    for (GpuSeat* one : both) {
      KA_CO_CHECK_OK(co_await one->sit(LeaseUse::kExclusive));
      KA_CO_CHECK_OK(co_await one->claim(1, 1));
    }
    co_return Status();
  };
  EXPECT_TRUE(loop_.run(all()));
}

}  // namespace
}  // namespace ka
