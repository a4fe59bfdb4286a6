#include "judge/sanitizer_report.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

SanitizerRuling memcheck(std::string_view report) { return rule_on_report(WorkerRole::kMemcheck, report); }
SanitizerRuling racecheck(std::string_view report) { return rule_on_report(WorkerRole::kRacecheck, report); }

TEST(SanitizerReport, AnAccessOutsideIsWrong) {
  const SanitizerRuling ruling = memcheck(R"(========= COMPUTE-SANITIZER
========= Invalid __global__ write of size 4 bytes
=========     at out_of_bounds_kernel()+0x90
=========     by thread (0,0,0) in block (0,0,0)
=========     Address 0x87654320 is out of bounds
=========     and is 124,310 bytes after the nearest allocation at 0x710fdc800000 of size 1,024 bytes
=========
========= Invalid __global__ read of size 1 bytes
=========     at another()+0x10
=========
========= ERROR SUMMARY: 2 errors
)");
  ASSERT_TRUE(ruling.finding);
  EXPECT_EQ(ruling.finding->kind, VerdictKind::kWrong);
  EXPECT_EQ(
      ruling.finding->reason,
      "compute-sanitizer's memcheck: Invalid __global__ write of size 4 bytes at out_of_bounds_kernel()+0x90, 124,310 bytes "
      "after the nearest allocation");
}

TEST(SanitizerReport, ARaceIsFlakyAndAWarningIsNot) {
  const SanitizerRuling ruling = racecheck(R"(========= COMPUTE-SANITIZER
========= Error: Race reported between Write access at sum_kernel+0x90 in sum.py:41
=========     and Read access at sum_kernel+0x100 in sum.py:51 [508 hazards]
=========
========= RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)
)");
  ASSERT_TRUE(ruling.finding);
  EXPECT_EQ(ruling.finding->kind, VerdictKind::kFlaky);
  EXPECT_EQ(ruling.said,
            "Error: Race reported between Write access at sum_kernel+0x90 in sum.py:41 and Read access at sum_kernel+0x100 in "
            "sum.py:51 [508 hazards]");
  const SanitizerRuling warned = racecheck(R"(========= COMPUTE-SANITIZER
========= WARNING: Race reported between Write access at RAW()+0xf0 in raceGroupBasic.cu:40
=========     and Read access at RAW()+0x280 in raceGroupBasic:46 [4 hazards]
========= RACECHECK SUMMARY: 1 hazard displayed (0 errors, 1 warning)
)");
  EXPECT_FALSE(warned.finding);
  EXPECT_EQ(warned.said, "no errors");
}

TEST(SanitizerReport, WhatPyTorchDidIsToldOnly) {
  const SanitizerRuling ruling = memcheck(R"(========= Invalid __global__ read of size 4 bytes
=========     at void at::native::vectorized_elementwise_kernel<(int)4, at::native::FillFunctor<float>>(int)+0x90
========= ERROR SUMMARY: 1 error
)");
  EXPECT_FALSE(ruling.finding);
  EXPECT_EQ(ruling.said, "errors in PyTorch's own kernels only (ERROR SUMMARY: 1 error)");
}

TEST(SanitizerReport, NothingFoundIsSaidOnlyWhereTheToolSaysSo) {
  EXPECT_EQ(memcheck("========= COMPUTE-SANITIZER\n========= ERROR SUMMARY: 0 errors\n").said, "no errors");
  EXPECT_EQ(memcheck("").said, "no summary");
  EXPECT_EQ(memcheck("printed by the program\n========= COMPUTE-SANITIZER\n========= Error: No attachable process found.\n").said,
            "no summary: Error: No attachable process found.");
  EXPECT_EQ(memcheck("========= Error: process didn't terminate successfully\n========= ERROR SUMMARY: 1 error\n").said,
            "no kernel is named (ERROR SUMMARY: 1 error): Error: process didn't terminate successfully");
}

}  // namespace
}  // namespace ka
