# SPDX-License-Identifier: GPL-3.0-or-later
# What host.collective runs on nodes: a program of its own, built by the host's compiler on Gloo, with the shared libraries
# that it needs beyond the C library. The engine carries them within itself (engine/checks/collective/parts.cpp). Without
# Gloo the check says that the engine was built without it.
option(SEATRIAL_COLLECTIVE "Build the program of host.collective, if Gloo is found" ON)

# Sets SEATRIAL_COLLECTIVE_FOLDER, where the parts and table.inc will be; empty if there will be none.
function(seatrial_find_gloo)
    set(SEATRIAL_COLLECTIVE_FOLDER "" PARENT_SCOPE)
    find_path(SEATRIAL_GLOO_INCLUDE gloo/allreduce.h DOC "Headers of Gloo; optional")
    find_library(SEATRIAL_GLOO_LIBRARY gloo DOC "Gloo, a shared library; optional")
    mark_as_advanced(SEATRIAL_GLOO_INCLUDE SEATRIAL_GLOO_LIBRARY)
    if(NOT SEATRIAL_COLLECTIVE OR NOT SEATRIAL_GLOO_INCLUDE OR NOT SEATRIAL_GLOO_LIBRARY)
        message(STATUS "Collectives between nodes: none, because libgloo-dev is missing or they were switched off (SEATRIAL_COLLECTIVE)")
        return()
    endif()
    message(STATUS "Collectives between nodes: by ${SEATRIAL_GLOO_LIBRARY}")
    set(SEATRIAL_COLLECTIVE_FOLDER ${CMAKE_BINARY_DIR}/collective PARENT_SCOPE)
endfunction()

# The target seatrial_collective_parts: stripped copies of the program and its libraries, and the table of them.
function(seatrial_collect_parts program)
    set(folder ${SEATRIAL_COLLECTIVE_FOLDER})
    add_custom_command(OUTPUT ${folder}/table.inc
        COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DFOLDER=${folder} -DSTRIP=${CMAKE_STRIP} -DREADELF=${CMAKE_READELF}
            -P ${PROJECT_SOURCE_DIR}/cmake/collect_parts.cmake
        DEPENDS ${program} ${PROJECT_SOURCE_DIR}/cmake/collect_parts.cmake ${SEATRIAL_GLOO_LIBRARY}
        COMMENT "Collecting what host.collective takes to nodes" VERBATIM)
    add_custom_target(seatrial_collective_parts DEPENDS ${folder}/table.inc)
endfunction()
