# SPDX-License-Identifier: GPL-3.0-or-later
# How seatrial-engine, the program for nodes, is built: with an older compiler against Debian 11's C library, by a build
# of its own within this one, so that it starts on old nodes. Where that cannot be, like everything else; then its nodes
# need this computer's glibc. Why, if so, stands in <build>/engine_libc.txt, which is empty else.
include(ExternalProject)

option(SEATRIAL_OLD_LIBC "Link the engine against Debian 11's C library, so that it starts on old nodes" ON)

function(seatrial_find_old_libc)
    find_program(SEATRIAL_ENGINE_CXX NAMES g++-11 DOC "Compiler of the engine")
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/installer/engine-sysroot --path
        OUTPUT_VARIABLE sysroot OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
    set(reason "")
    if(NOT SEATRIAL_OLD_LIBC)
        set(reason "it was switched off (SEATRIAL_OLD_LIBC)")
    elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
        set(reason "sanitizers are this computer's")
    elseif(NOT SEATRIAL_ENGINE_CXX)
        set(reason "g++-11 is missing")
    elseif(NOT status EQUAL 0)
        set(reason "there is no sysroot (installer/engine-sysroot fetches it)")
    endif()
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/engine_libc.txt CONTENT "@reason@" @ONLY)
    if(reason)
        message(STATUS "Engine: linked against this computer's C library, because ${reason}")
        set(sysroot "")
    else()
        message(STATUS "Engine: linked against ${sysroot}")
        # When it is removed, the next build asks again instead of failing.
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sysroot}/usr/include/features.h)
    endif()
    set(SEATRIAL_ENGINE_SYSROOT "${sysroot}" PARENT_SCOPE)
endfunction()

# The engine as a build of its own: the same CMakeLists.txt with SEATRIAL_ENGINE_ONLY. It puts its program where it
# would stand else, and is asked at every build whether something changed.
function(seatrial_build_engine_apart)
    find_package(nlohmann_json REQUIRED)
    get_target_property(json nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
    find_path(SEATRIAL_JSON_INCLUDE nlohmann/json.hpp HINTS ${json} REQUIRED)
    mark_as_advanced(SEATRIAL_JSON_INCLUDE)
    cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)
    math(EXPR jobs "(${processors} + 1) / 2") # beside the build around it
    set(quiet "")
    if(CMAKE_GENERATOR MATCHES "Ninja")
        set(quiet -- --quiet)
    endif()
    # Another sysroot is another build: what the toolchain file says of the linker is remembered from the first time.
    get_filename_component(sysroot_name ${SEATRIAL_ENGINE_SYSROOT} NAME)
    ExternalProject_Add(seatrial-engine
        PREFIX ${CMAKE_BINARY_DIR}/engine-apart
        SOURCE_DIR ${PROJECT_SOURCE_DIR}
        BINARY_DIR ${CMAKE_BINARY_DIR}/engine-apart/${sysroot_name}
        CMAKE_ARGS
            -DCMAKE_TOOLCHAIN_FILE=${PROJECT_SOURCE_DIR}/cmake/engine_toolchain.cmake
            -DSEATRIAL_ENGINE_CXX=${SEATRIAL_ENGINE_CXX}
            -DSEATRIAL_ENGINE_SYSROOT=${SEATRIAL_ENGINE_SYSROOT}
            -DSEATRIAL_ENGINE_ONLY=ON
            -DSEATRIAL_JSON_INCLUDE=${SEATRIAL_JSON_INCLUDE}
            -DSEATRIAL_KERNEL_FOLDER=${SEATRIAL_KERNEL_FOLDER}
            "-DSEATRIAL_KERNEL_ARCHITECTURES=${SEATRIAL_KERNEL_ARCHITECTURES}"
            -DSEATRIAL_COLLECTIVE_FOLDER=${SEATRIAL_COLLECTIVE_FOLDER}
            -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
            -DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}
            -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
            -DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
        LOG_CONFIGURE ON
        LOG_OUTPUT_ON_FAILURE ON
        BUILD_COMMAND ${CMAKE_COMMAND} --build <BINARY_DIR> --parallel ${jobs} ${quiet}
        BUILD_ALWAYS ON
        BUILD_BYPRODUCTS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/seatrial-engine
        INSTALL_COMMAND "")
    foreach(carried seatrial_cuda_kernels seatrial_collective_parts) # what the engine carries within itself
        if(TARGET ${carried})
            ExternalProject_Add_StepDependencies(seatrial-engine build ${carried})
        endif()
    endforeach()
endfunction()

# Within that build: of /usr/include only the JSON headers, which need no library; all else comes from the sysroot.
function(seatrial_take_json_headers)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
    file(CREATE_LINK ${SEATRIAL_JSON_INCLUDE}/nlohmann ${CMAKE_BINARY_DIR}/include/nlohmann SYMBOLIC)
    add_library(seatrial_json_headers INTERFACE)
    target_include_directories(seatrial_json_headers SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/include)
    add_library(nlohmann_json::nlohmann_json ALIAS seatrial_json_headers)
endfunction()

# YAML for the engine, which takes it with it: a static archive, in that build the sysroot's own.
function(seatrial_find_engine_yaml)
    if(SEATRIAL_ENGINE_ONLY AND CMAKE_SYSROOT)
        find_library(SEATRIAL_YAML_ARCHIVE libyaml-cpp.a PATHS ${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}
            NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
    else()
        find_library(SEATRIAL_YAML_ARCHIVE libyaml-cpp.a REQUIRED)
    endif()
    mark_as_advanced(SEATRIAL_YAML_ARCHIVE)
    add_library(seatrial_engine_yaml INTERFACE)
    target_link_libraries(seatrial_engine_yaml INTERFACE ${SEATRIAL_YAML_ARCHIVE})
endfunction()
