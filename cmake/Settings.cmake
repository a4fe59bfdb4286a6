# Compiler settings that every target of ours shares. System headers come from imported targets, so they are not warned about.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

option(KA_SANITIZE "Build our targets with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(KA_PRECOMPILE "Precompile the heavy headers (a source that forgets to include one still builds; the release build finds it)" OFF)

add_library(ka_settings INTERFACE)
# -Wrestrict: g++ 12 reports std::string concatenation (PR 105651).
target_compile_options(ka_settings INTERFACE -Wall -Wextra -Wshadow -Wconversion -Werror
                                             $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>)
if(CMAKE_UNITY_BUILD)
  # An unnamed namespace of an included file, in a coroutine's frame: here the included file is a source.
  target_compile_options(ka_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(KA_SANITIZE)
  # Without the checks that AddressSanitizer makes anyway (null, alignment, object-size, vptr), which cost a quarter of the build.
  # Line tables are enough for the sanitizers' stacks and keep the build small. clang 14 cannot assemble coroutines with the check of
  # functions' types.
  target_compile_options(ka_settings INTERFACE -Og -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                               -fno-sanitize=null,alignment,object-size,vptr
                                               -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  target_link_options(ka_settings INTERFACE -fsanitize=address,undefined)
endif()

option(KA_FUZZ "Build our targets with libFuzzer's coverage (clang only), for the target fuzz_replies" OFF)
if(KA_FUZZ)
  target_compile_options(ka_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Paths are hashed relative to the repository, so that build folders beside each other share the cache.
find_program(KA_CCACHE ccache)
if(KA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  CCACHE_SLOPPINESS=pch_defines,time_macros ${KA_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

foreach(linker mold lld)
  find_program(KA_LINKER_${linker} NAMES ld.${linker})
  if(KA_LINKER_${linker})
    add_link_options(-fuse-ld=${linker})
    break()
  endif()
endforeach()

# ka_precompile(TARGET sources|tests): shares one precompiled header between all libraries and one between all tests.
set(KA_HEAVY_HEADERS <nlohmann/json.hpp> <fmt/format.h> <tl/expected.hpp> <filesystem> <functional> <map> <memory> <optional> <set>
                     <string> <string_view> <utility> <variant> <vector>)
function(ka_precompile target group)
  if(NOT KA_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET ka_heavy_${group})
    file(WRITE ${CMAKE_BINARY_DIR}/generated/heavy_${group}.cpp "")
    add_library(ka_heavy_${group} OBJECT ${CMAKE_BINARY_DIR}/generated/heavy_${group}.cpp)
    set(headers ${KA_HEAVY_HEADERS})
    set(libraries fmt::fmt nlohmann_json::nlohmann_json tl::expected)
    if(group STREQUAL "tests")
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
      list(APPEND libraries GTest::gmock GTest::gtest)
    endif()
    target_link_libraries(ka_heavy_${group} PRIVATE ka_settings ${libraries})
    target_precompile_headers(ka_heavy_${group} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ka_heavy_${group})
endfunction()

# ka_built_alone(files…): the dev build compiles a room's files in lots (CMAKE_UNITY_BUILD), which halves its time. The files of a lot cannot give
# one name to different things, not even in unnamed namespaces: where a name is dear to both, one of the files is listed here.
set(KA_ALONE
  cli/drawer/doctor cli/drawer/mcp cli/drawer/models cli/drawer/ops cli/drawer/replay cli/drawer/route codegen/golden_test compose/entry
  compose/launch_graph compose/program judge/findings judge/race kernel/verdict_test llm/drawer/.* llm/models_test ops/drawer/pooling
  ops/drawer/recurrent ops/drawer/reductions ops/drawer/softmax ops/drawer/views ops/table_test plan/picture process/lease run/attack
  run/model_services run/package run/phases run/refactor run/user_check server/api_.* server/pages)
list(JOIN KA_ALONE "|" KA_ALONE)
function(ka_built_alone)
  list(FILTER ARGN INCLUDE REGEX "/src/(${KA_ALONE})\\.cpp$")
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
