# What the build writes into room base: the text templates, prompts, tables and the web page, and the build's own identity.
# KA_EMBEDDED_SOURCES names the generated source file; target ka_build_constants writes generated/base/build_constants.h.
set(generated ${CMAKE_BINARY_DIR}/generated/base)

file(GLOB_RECURSE template_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/templates/* ${CMAKE_SOURCE_DIR}/prompts/* ${CMAKE_SOURCE_DIR}/data/* ${CMAKE_SOURCE_DIR}/web/*)
list(FILTER template_files EXCLUDE REGEX "__pycache__|\\.pyc$|/\\.")
list(SORT template_files)
list(TRANSFORM template_files PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE template_paths)
file(CONFIGURE OUTPUT ${generated}/templates.list CONTENT "${template_files}")
add_custom_command(
  OUTPUT ${generated}/templates.cpp
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DLIST=${generated}/templates.list -DOUTPUT=${generated}/templates.cpp
          -P ${CMAKE_SOURCE_DIR}/cmake/write_templates.cmake
  DEPENDS ${template_paths} ${generated}/templates.list ${CMAKE_SOURCE_DIR}/cmake/write_templates.cmake
  COMMENT "Embedding templates and prompts"
  VERBATIM)
set(KA_EMBEDDED_SOURCES ${generated}/templates.cpp)

# Runs at every build, and rewrites the header only when the commit has changed.
add_custom_target(ka_build_constants
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION} -DOUTPUT=${generated}/build_constants.h
          -P ${CMAKE_SOURCE_DIR}/cmake/write_build_constants.cmake
  BYPRODUCTS ${generated}/build_constants.h
  VERBATIM)
