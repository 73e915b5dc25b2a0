# SPDX-License-Identifier: GPL-3.0-or-later
# Every public header compiles alone: one small source file a header, compiled and thrown away. The build finds a header
# that leans on what others included before it; the compiler names the header and what it lacks.
# A *_body.h is no header of its own: it is the inside of several source files, compiled for one instruction set each.

function(headers_alone target standard)
    set(sources)
    foreach(header ${ARGN})
        string(REPLACE "/" "-" name ${header})
        set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp)
        # Twice, so that a header without its guard is noticed as well.
        file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
        list(APPEND sources ${source})
    endforeach()
    add_library(${target} OBJECT ${sources})
    set_target_properties(${target} PROPERTIES CXX_STANDARD ${standard} AUTOMOC OFF)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE -O0 -g0 -Wall -Wextra)
endfunction()

file(GLOB_RECURSE permissive RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/core/protocol/*.h ${PROJECT_SOURCE_DIR}/engine/*.h)
list(FILTER permissive EXCLUDE REGEX "_body\\.h$")
if(NOT SEATRIAL_COLLECTIVE_FOLDER) # these are on top of Gloo
    list(FILTER permissive EXCLUDE REGEX "^engine/collective/(mesh|operations)\\.h$")
endif()

file(GLOB_RECURSE desktop RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/core/*.h ${PROJECT_SOURCE_DIR}/remote/*.h ${PROJECT_SOURCE_DIR}/cli/*.h
    ${PROJECT_SOURCE_DIR}/resources/*.h)
list(FILTER desktop EXCLUDE REGEX "^core/protocol/")

file(GLOB_RECURSE window RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/gui/*.h)

headers_alone(headers_alone_engine 20 ${permissive}) # the engine is built by older compilers as well
headers_alone(headers_alone_desktop 23 ${desktop})
if(SEATRIAL_BUILD_GUI)
    find_package(Qt6 REQUIRED COMPONENTS Widgets)
    headers_alone(headers_alone_window 23 ${window})
    target_link_libraries(headers_alone_window PRIVATE Qt6::Widgets)
endif()
