# The worker's sandbox library: loaded by Python, so without C++ and without sanitizers.
add_library(kernelagent_sandbox SHARED ${CMAKE_SOURCE_DIR}/sandbox/seccomp.c ${CMAKE_SOURCE_DIR}/sandbox/namespaces.c)
target_compile_definitions(kernelagent_sandbox PRIVATE _GNU_SOURCE)
target_compile_options(kernelagent_sandbox PRIVATE -std=c11 -O2 -Wall -Wextra -Wshadow -Wconversion -Werror)
set_target_properties(kernelagent_sandbox PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(TARGET kernelagent)
  add_dependencies(kernelagent kernelagent_sandbox)
endif()
