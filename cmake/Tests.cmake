# Every test is a ctest entry: rooms (unit, golden), tests/python/test_*.py (python), tests/check/*_test.py (check).
enable_testing()

set(KA_PYTHON_DEFAULT python3)
if(EXISTS ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  set(KA_PYTHON_DEFAULT ${CMAKE_SOURCE_DIR}/.venv/bin/python)
endif()
set(KA_TEST_ENVIRONMENT
  "KERNELAGENT_BIN=${CMAKE_BINARY_DIR}/kernelagent"
  "KERNELAGENT_JUDGE_SEED=1001" # so that a test that fails fails again
  "ASAN_OPTIONS=abort_on_error=0:detect_stack_use_after_return=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/lsan.supp:print_suppressions=0"
  "PYTHONPATH=${CMAKE_SOURCE_DIR}/python"
  "PYTHONDONTWRITEBYTECODE=1")

function(ka_test_properties name labels timeout)
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                                          ENVIRONMENT "${KA_TEST_ENVIRONMENT}")
endfunction()

get_property(room_tests GLOBAL PROPERTY KA_ROOM_TESTS)
foreach(test IN LISTS room_tests)
  add_test(NAME ${test} COMMAND ${test})
  ka_test_properties(${test} "unit;golden" 600)
endforeach()

# The judge once more, with defences that can be left out: for the one program that shows that each of them carries weight.
get_target_property(judge_sources ka_judge SOURCES)
add_library(ka_judge_switchable STATIC ${judge_sources})
target_compile_definitions(ka_judge_switchable PUBLIC KA_SWITCHABLE_DEFENCES)
target_include_directories(ka_judge_switchable PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(ka_judge_switchable PUBLIC ka_process ka_syntax ka_plan ka_kernel ka_worker PRIVATE ka_settings)
file(GLOB switchable_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/judge/switchable/*_test.cpp)
add_executable(judge_defences_test ${switchable_tests})
target_link_libraries(judge_defences_test PRIVATE ka_judge_switchable ka_settings GTest::gmock GTest::gtest_main)
# Every third escape each time; all of them with --long.
add_test(NAME judge_defences_test COMMAND judge_defences_test)
ka_test_properties(judge_defences_test unit 1200)
set_property(TEST judge_defences_test APPEND PROPERTY ENVIRONMENT GTEST_TOTAL_SHARDS=3 GTEST_SHARD_INDEX=0)
add_test(NAME judge_defences_test_long COMMAND judge_defences_test)
ka_test_properties(judge_defences_test_long "unit;long" 3600)
# tests/fuzz: seeded spoilt replies everywhere; with KA_FUZZ a libFuzzer target too (tests/fuzz/README.md).
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*.cpp)
list(FILTER fuzz_sources EXCLUDE REGEX "/(fuzz_test|libfuzzer)\\.cpp$")
add_library(ka_fuzz STATIC ${fuzz_sources})
target_include_directories(ka_fuzz PUBLIC ${CMAKE_SOURCE_DIR}/tests/fuzz)
target_link_libraries(ka_fuzz PUBLIC ka_judge PRIVATE ka_settings)
add_executable(fuzz_test ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_test.cpp)
target_link_libraries(fuzz_test PRIVATE ka_fuzz ka_settings GTest::gmock GTest::gtest_main)
add_test(NAME fuzz_test COMMAND fuzz_test)
ka_test_properties(fuzz_test "unit;golden" 3600)
if(KA_FUZZ)
  add_executable(fuzz_replies EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/libfuzzer.cpp)
  target_link_libraries(fuzz_replies PRIVATE ka_fuzz ka_settings)
  target_link_options(fuzz_replies PRIVATE -fsanitize=fuzzer)
endif()

# The interpreter is looked up when the test runs, so that one build serves several: $KERNELAGENT_PYTHON, else .venv, else python3.
file(GLOB python_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/python/test_*.py)
foreach(path IN LISTS python_tests)
  get_filename_component(name ${path} NAME_WE)
  add_test(NAME python.${name}
           COMMAND sh -c "exec \"\${KERNELAGENT_PYTHON:-${KA_PYTHON_DEFAULT}}\" -m pytest -q -rs -p no:cacheprovider \"$1\"" sh ${path})
  set(labels python)
  set(limit 1200)
  if(name MATCHES "golden|cli|examples")
    list(APPEND labels golden)
  endif()
  if(name MATCHES "long")
    list(APPEND labels long)
    set(limit 7200)
  endif()
  ka_test_properties(python.${name} "${labels}" ${limit})
endforeach()
# The longest start first, so that none is left running alone; beside them those that mostly wait.
set_tests_properties(python.test_models_mocks python.test_models_faults PROPERTIES COST 200)
set_tests_properties(judge_test python.test_e2e_cli python.test_ahead_of_time PROPERTIES COST 100)
set_tests_properties(python.test_e2e_runs python.test_e2e_examples python.test_e2e_generate PROPERTIES COST 80)
set_tests_properties(python.test_ops_table python.test_ui_server python.test_e2e_agent python.test_e2e_inputs python.test_mutants
                     python.test_judge_cases python.test_operand_parts python.test_trace python.test_e2e_tune judge_defences_test
                     judge_defences_test_long fuzz_test PROPERTIES COST 40)

file(GLOB check_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/check/*_test.py)
foreach(path IN LISTS check_tests)
  get_filename_component(name ${path} NAME_WE)
  add_test(NAME check.${name} COMMAND python3 ${path})
  ka_test_properties(check.${name} check 120)
endforeach()

# bench/x.cpp is a program that measures: ninja -C build/release x.
file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cpp)
find_package(benchmark QUIET)  # Google Benchmark, from libbenchmark-dev: only some benches need it
foreach(path IN LISTS benches)
  get_filename_component(name ${path} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${path})
  target_link_libraries(${name} PRIVATE ka_run ka_settings $<$<TARGET_EXISTS:benchmark::benchmark>:benchmark::benchmark>)
endforeach()
