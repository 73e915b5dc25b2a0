// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace seatrial::engine::cuda {

/// A shared library opened at run time. It stays in the process: what drivers leave behind does not survive its removal.
class DynamicLibrary
{
public:
    /// The first of @p names that can be opened; where @p variable is set in the environment, that file alone.
    static DynamicLibrary open(const char *variable, const std::vector<std::string> &names);

    bool isOpen() const { return m_handle != nullptr; }
    const std::string &name() const { return m_name; }     ///< as it was opened
    const std::string &problem() const { return m_problem; } ///< why none was
    /// nullptr if the library lacks it.
    void *symbol(const char *symbolName) const;

    template <class Function>
    bool find(Function *&function, const char *symbolName) const
    {
        function = reinterpret_cast<Function *>(symbol(symbolName));
        return function != nullptr;
    }

private:
    void *m_handle = nullptr;
    std::string m_name;
    std::string m_problem;
};

/// Where a CUDA toolkit puts its libraries when the loader does not know of it: @p sonames there, behind the plain ones.
std::vector<std::string> withToolkitFolders(const std::vector<std::string> &sonames);

} // namespace seatrial::engine::cuda
