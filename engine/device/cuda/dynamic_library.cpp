// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/dynamic_library.h"

#include "engine/measure/text.h"

#include <cstdlib>

#include <dlfcn.h>

namespace seatrial::engine::cuda {

DynamicLibrary DynamicLibrary::open(const char *variable, const std::vector<std::string> &names)
{
    const char *const chosen = std::getenv(variable);
    const std::vector<std::string> candidates = chosen != nullptr && *chosen != '\0' ? std::vector<std::string>{chosen} : names;
    DynamicLibrary library;
    for (const std::string &name : candidates) {
        library.m_handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library.m_handle != nullptr) {
            library.m_name = name;
            library.m_problem.clear();
            return library;
        }
        // The first is the one that is expected; why the others are missing explains nothing.
        if (const char *const error = ::dlerror(); error != nullptr && library.m_problem.empty())
            library.m_problem = printable(std::string(error).substr(0, 300));
    }
    return library;
}

void *DynamicLibrary::symbol(const char *symbolName) const
{
    return m_handle != nullptr ? ::dlsym(m_handle, symbolName) : nullptr;
}

std::vector<std::string> withToolkitFolders(const std::vector<std::string> &sonames)
{
    std::vector<std::string> folders = {"/usr/local/cuda/lib64", "/usr/local/cuda/lib", "/opt/cuda/lib64"};
    for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
        if (const char *const home = std::getenv(variable); home != nullptr && *home == '/')
            folders.insert(folders.begin(), std::string(home) + "/lib64");
    std::vector<std::string> names = sonames;
    for (const std::string &folder : folders)
        for (const std::string &soname : sonames)
            names.push_back(folder + '/' + soname);
    return names;
}

} // namespace seatrial::engine::cuda
