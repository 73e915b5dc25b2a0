# SPDX-License-Identifier: GPL-3.0-or-later
# Nodes are older than this computer. g++-11 is the newest compiler of Debian 12 whose static libstdc++ and libgcc ask
# nothing of a younger C library; the sysroot (installer/engine-sysroot) holds Debian 11's. Not a cross build: what
# comes out also runs here. A later nvcc takes the same: -ccbin, --sysroot and the two folders for the linker.
set(CMAKE_CXX_COMPILER ${SEATRIAL_ENGINE_CXX})
set(CMAKE_SYSROOT ${SEATRIAL_ENGINE_SYSROOT})
# Debian's gcc looks for libraries beside itself before it looks into a sysroot. These two come first: -B for what a
# program starts with, -L for libraries.
execute_process(COMMAND ${SEATRIAL_ENGINE_CXX} -print-multiarch OUTPUT_VARIABLE triple OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-B${CMAKE_SYSROOT}/usr/lib/${triple} -L${CMAKE_SYSROOT}/usr/lib/${triple}")
# CMake's own small test builds need them too.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SEATRIAL_ENGINE_CXX SEATRIAL_ENGINE_SYSROOT)
