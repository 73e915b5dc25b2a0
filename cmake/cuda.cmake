# SPDX-License-Identifier: GPL-3.0-or-later
# The kernels for GPUs: compiled by nvcc into a file that the engine carries within itself (kernel_image.cpp). Only that
# needs a CUDA toolkit; without one the engine says that it was built without kernels. Nothing of CUDA is linked.
option(SEATRIAL_CUDA_KERNELS "Compile the GPU kernels, if nvcc is found" ON)

# Sets SEATRIAL_KERNEL_FOLDER, where kernels.fatbin and kernels.ptx will be, and SEATRIAL_KERNEL_ARCHITECTURES; both empty if
# there will be none. The target seatrial_cuda_kernels makes them.
function(seatrial_make_cuda_kernels)
    set(SEATRIAL_KERNEL_FOLDER "" PARENT_SCOPE)
    set(SEATRIAL_KERNEL_ARCHITECTURES "" PARENT_SCOPE)
    find_program(SEATRIAL_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda /opt/cuda PATH_SUFFIXES bin
        DOC "NVIDIA's compiler; optional")
    if(NOT SEATRIAL_CUDA_KERNELS OR NOT SEATRIAL_NVCC)
        message(STATUS "CUDA kernels: none, because nvcc is missing or they were switched off (SEATRIAL_CUDA_KERNELS)")
        return()
    endif()

    seatrial_ask_nvcc(codes)
    if(NOT codes)
        message(STATUS "CUDA kernels: none, because ${SEATRIAL_NVCC} cannot compile for any GPU from A100 on")
        return()
    endif()
    set(folder ${CMAKE_BINARY_DIR}/cuda)
    set(source ${PROJECT_SOURCE_DIR}/engine/device/cuda/kernels.cu)
    # Uncompressed, for drivers older than the compiler's newest way to compress.
    set(options -std=c++17 -O3 -I${PROJECT_SOURCE_DIR} -allow-unsupported-compiler)
    set(targets "")
    foreach(code ${codes})
        string(REPLACE "sm_" "compute_" virtual ${code})
        list(APPEND targets -gencode arch=${virtual},code=${code})
    endforeach()
    add_custom_command(OUTPUT ${folder}/kernels.fatbin ${folder}/kernels.ptx
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND ${SEATRIAL_NVCC} ${options} --no-compress -fatbin ${targets} -o ${folder}/kernels.fatbin ${source}
        COMMAND ${SEATRIAL_NVCC} ${options} -ptx -arch=compute_80 -o ${folder}/kernels.new.ptx ${source}
        COMMAND ${CMAKE_COMMAND} -DNVCC=${SEATRIAL_NVCC} -DFROM=${folder}/kernels.new.ptx -DTO=${folder}/kernels.ptx
            -P ${PROJECT_SOURCE_DIR}/cmake/older_ptx.cmake
        DEPENDS ${source} ${PROJECT_SOURCE_DIR}/engine/device/cuda/kernel_words.h ${PROJECT_SOURCE_DIR}/cmake/older_ptx.cmake
        COMMENT "Compiling the GPU kernels" VERBATIM)
    add_custom_target(seatrial_cuda_kernels DEPENDS ${folder}/kernels.fatbin ${folder}/kernels.ptx)
    list(JOIN codes " " text)
    message(STATUS "CUDA kernels: ${text}, by ${SEATRIAL_NVCC}")
    set(SEATRIAL_KERNEL_FOLDER ${folder} PARENT_SCOPE)
    set(SEATRIAL_KERNEL_ARCHITECTURES "${text}, and PTX for others from 8.0 on" PARENT_SCOPE)
endfunction()

# The generations from A100 on that this nvcc compiles for; one of each, because within one machine code is understood
# by what is younger. Empty if it does not work, with the host's compiler for instance: it is tried once for each nvcc.
function(seatrial_ask_nvcc result)
    if(NOT SEATRIAL_NVCC_TRIED STREQUAL SEATRIAL_NVCC)
        execute_process(COMMAND ${SEATRIAL_NVCC} --list-gpu-code OUTPUT_VARIABLE known ERROR_QUIET)
        set(codes "")
        foreach(code sm_80 sm_90 sm_100 sm_120)
            if("${known}" MATCHES "${code}\n")
                list(APPEND codes ${code})
            endif()
        endforeach()
        set(trial ${CMAKE_BINARY_DIR}/cuda/trial.cu)
        file(WRITE ${trial} "extern \"C\" __global__ void trial(int *p) { *p = 1; }\n")
        execute_process(COMMAND ${SEATRIAL_NVCC} -std=c++17 -allow-unsupported-compiler -fatbin -arch=sm_80 -o ${trial}.fatbin ${trial}
            RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE said)
        if(NOT status EQUAL 0)
            message(STATUS "nvcc does not work here: ${said}")
            set(codes "")
        endif()
        set(SEATRIAL_NVCC_TRIED "${SEATRIAL_NVCC}" CACHE INTERNAL "The nvcc that was asked")
        set(SEATRIAL_NVCC_CODES "${codes}" CACHE INTERNAL "What it said")
    endif()
    set(${result} "${SEATRIAL_NVCC_CODES}" PARENT_SCOPE)
endfunction()
