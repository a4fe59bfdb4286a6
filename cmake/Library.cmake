# KernelAgent as a library: `ninja kernelagent_library`, then `cmake --install BUILD --component development --prefix …` beside the rest.
# One archive of all rooms that the API needs, its header, and a package file for find_package(kernelagent).
include(GNUInstallDirs)
set(rooms base process syntax llm ir ops loops plan kernel codegen worker judge tune compose agent run api)
list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:ka_\\1>" OUTPUT_VARIABLE objects)
add_library(kernelagent_library STATIC EXCLUDE_FROM_ALL ${objects} $<TARGET_OBJECTS:tree_sitter_python>)
set_target_properties(kernelagent_library PROPERTIES OUTPUT_NAME kernelagent LINKER_LANGUAGE CXX)

install(FILES $<TARGET_FILE:kernelagent_library> DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_SOURCE_DIR}/src/api/kernelagent.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development EXCLUDE_FROM_ALL)
configure_file(${CMAKE_SOURCE_DIR}/cmake/kernelagent-config.cmake.in ${CMAKE_BINARY_DIR}/kernelagent-config.cmake @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/kernelagent-config.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kernelagent
        COMPONENT development EXCLUDE_FROM_ALL)
