# SPDX-License-Identifier: GPL-3.0-or-later
# How a folder of this project becomes a target.
find_package(Threads REQUIRED)

# seatrial_library(NAME SOURCES … [STANDARD 20|23] [LINK …] [PRIVATE_LINK …])
# A folder as a static library. Includes are written from the root of the project: "core/domain/ids.h".
function(seatrial_library name)
    cmake_parse_arguments(arg "" "STANDARD" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
    if(arg_STANDARD)
        set_target_properties(${name} PROPERTIES CXX_STANDARD ${arg_STANDARD})
    endif()
endfunction()

# seatrial_add_test(NAME SOURCES … LIBS … LABELS … [TIMEOUT seconds])
# A Qt Test executable, run offscreen by CTest.
function(seatrial_add_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS;FUNCTIONS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${name} PRIVATE -Wall -Wextra)
    target_compile_definitions(${name} PRIVATE SEATRIAL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SEATRIAL_BINARY_DIR="${CMAKE_BINARY_DIR}")
    target_link_libraries(${name} PRIVATE ${arg_LIBS} Qt6::Core Qt6::Test)
    add_test(NAME ${name} COMMAND ${name} ${arg_FUNCTIONS})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    if(CMAKE_CXX_FLAGS MATCHES "-fsanitize") # five times as slow, ten where threads are watched
        math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 10")
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;QTEST_FUNCTION_TIMEOUT=${arg_TIMEOUT}000" SKIP_RETURN_CODE 77
        # A Qt Test that only skipped tells so in its totals; CTest shall count it as skipped, not as passed.
        SKIP_REGULAR_EXPRESSION "Totals: [0-2] passed, 0 failed, [1-9][0-9]* skipped")
endfunction()
