// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/cuda/mocked.h"

#include "engine/device/real_machine.h"

#include <cstdlib>
#include <stdexcept>

#include <dlfcn.h>

namespace seatrial::tests {

MockCuda &freshMock()
{
    for (const char *variable : {"SEATRIAL_CUDA", "SEATRIAL_CUBLASLT", "SEATRIAL_NCCL"})
        ::setenv(variable, MOCK_CUDA, 1);
    ::setenv("SEATRIAL_NVML", "/nonexistent/libnvidia-ml.so.1", 1);
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    setKernels(true);
    void *const library = ::dlopen(MOCK_CUDA, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        throw std::runtime_error(::dlerror());
    MockCuda &mock = *reinterpret_cast<MockCudaFunction *>(::dlsym(library, kMockCudaFunction))();
    mock = MockCuda();
    return mock;
}

MockedNode::MockedNode()
    : m_mock(freshMock())
{
    for (const char *address : {"0000:1b:00.0", "0000:2b:00.0"}) {
        const std::string folder = std::string("sys/bus/pci/devices/") + address + '/';
        m_tree.write(folder + "numa_node", "0\n");
        m_tree.write(folder + "config", std::string("\xde\x10\x30\x23", 4));
    }
    m_machine = engine::realMachine(m_tree.root());
}

std::unique_ptr<engine::Device> MockedNode::open(int gpu)
{
    auto device = m_machine->open(gpu);
    if (!device)
        throw std::runtime_error(device.problem().text);
    return std::move(*device);
}

engine::DeviceProblem MockedNode::refusal(int gpu)
{
    auto device = m_machine->open(gpu);
    return device ? engine::DeviceProblem{engine::DeviceTrouble::Broken, ""} : device.problem();
}

} // namespace seatrial::tests
