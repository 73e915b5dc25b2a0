# SPDX-License-Identifier: GPL-3.0-or-later
# A script: cmake -DNVCC=… -DFROM=new.ptx -DTO=old.ptx -P older_ptx.cmake
# A driver refuses PTX of a version younger than itself, and a compiler writes its own version whatever it used. The
# kernels use nothing that PTX 7.0 (CUDA 11.0, the first for A100) does not have: so they say 7.0, and ptxas, which holds
# every instruction against the version, is asked whether that is true. If it is not, the version stays.
file(READ ${FROM} text)
string(REGEX REPLACE "\n\\.version [0-9]+\\.[0-9]+" "\n.version 7.0" older "${text}")
file(WRITE ${TO} "${older}")
get_filename_component(folder ${NVCC} DIRECTORY)
find_program(PTXAS ptxas HINTS ${folder} NO_CACHE)
if(NOT PTXAS)
    file(WRITE ${TO} "${text}")
    return()
endif()
execute_process(COMMAND ${PTXAS} -arch=sm_80 -o ${TO}.cubin ${TO} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
file(REMOVE ${TO}.cubin)
if(NOT status EQUAL 0)
    message("The kernels need a younger PTX than 7.0: ${said}")
    file(WRITE ${TO} "${text}")
endif()
