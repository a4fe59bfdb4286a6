// Plays seeded inputs through the libFuzzer target's entry: a sample in `./dev test`, 10^5 in `./dev test --long`. Its record goes
// to the folder named in KERNELAGENT_RECORD. KERNELAGENT_UPDATE_GOLDEN=1 records the transcripts anew, with real workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/build_info.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "replies.h"

namespace ka::fuzz {
namespace {

constexpr int64_t kSample = 1000, kLong = 100000;
constexpr std::size_t kBytes = 48;
#if defined(__has_feature)  // clang's way to ask
constexpr const char* kSanitizers = __has_feature(address_sanitizer) ? "address, undefined" : "none";
#elif defined(__SANITIZE_ADDRESS__)
constexpr const char* kSanitizers = "address, undefined";
#else
constexpr const char* kSanitizers = "none";
#endif

/// The bytes of one seed (splitmix64).
std::vector<uint8_t> bytes_of(uint64_t seed) {
  std::vector<uint8_t> bytes;
  while (bytes.size() < kBytes) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(z >> (8 * i)));
  }
  return bytes;
}

TEST(Replies, TranscriptsLeadToTheirVerdicts) {
  for (const Transcript& one : cases()) {
    Transcript transcript = one;
    if (get_env_or("KERNELAGENT_UPDATE_GOLDEN", "") == "1") {
      const Result<Transcript> recorded = record(one, get_env_or("KERNELAGENT_PYTHON", "python3"));
      ASSERT_TRUE(recorded) << one.name << ": " << to_text(recorded.error());
      ASSERT_TRUE(write_transcript(*recorded));
      transcript = *recorded;
    } else {
      const Result<Transcript> read = read_transcript(one.name);
      ASSERT_TRUE(read) << to_text(read.error());
      transcript = *read;
    }
    EXPECT_EQ(transcript.verdict, one.verdict) << one.name << " was recorded with another verdict";
    const Outcome outcome = play_unspoilt(transcript);
    EXPECT_EQ(outcome.kind, one.verdict) << outcome.story << "\nafter a change of the protocol: KERNELAGENT_UPDATE_GOLDEN=1 "
                                         << "fuzz_test";
    EXPECT_EQ(outcome.fault, "") << outcome.story;
  }
}

TEST(Replies, SpoiltOnesNeverLeadToAWrongVerdict) {
  const bool is_long = get_env_or("KERNELAGENT_LONG", "") == "1";
  const int64_t count = is_long ? kLong : kSample;
  const Stopwatch watch;
  std::map<std::string, int64_t> outcomes;
  std::atomic<int64_t> next = 0, faults = 0;
  std::mutex counting;
  const auto work = [&] {
    for (int64_t seed = next++; seed < count && faults < 10; seed = next++) {
      const Outcome outcome = play(bytes_of(static_cast<uint64_t>(seed)));
      const std::lock_guard lock(counting);
      ++outcomes[outcome.kind];
      if (outcome.fault.empty()) continue;
      ++faults;
      ADD_FAILURE() << "seed " << seed << ": " << outcome.fault << "\n  " << outcome.story;
    }
  };
  std::vector<std::thread> workers;  // inputs share nothing but what is read once
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  EXPECT_GT(outcomes["error"], 0);
  EXPECT_GT(outcomes["accepted"], 0);
  EXPECT_GT(outcomes["wrong"], 0);
  EXPECT_GT(outcomes["read"], 0);
  if (const std::string record = get_env_or("KERNELAGENT_RECORD", ""); !record.empty()) {
    const Json made = {{"format", "kernelagent-fuzz"},
                       {"date", utc_timestamp().substr(0, 10)},
                       {"commit", commit()},
                       {"sanitizers", kSanitizers},
                       {"inputs", count},
                       {"seconds", static_cast<int64_t>(watch.seconds())},
                       {"outcomes", outcomes},
                       {"faults", faults.load()}};
    ASSERT_TRUE(write_file_atomic(std::filesystem::path(record) / "fuzz_protocol.json", pretty(made)));
  }
}

}  // namespace
}  // namespace ka::fuzz
