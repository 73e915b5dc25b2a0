// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/answering.h"

#include "engine/device/machine.h"
#include "engine/measure/text.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace seatrial::engine {

namespace {

/// What the thread and we share; lives as long as either of us.
class Answer : public Emitter
{
public:
    explicit Answer(const CheckContext &context) : m_context(context), m_out(context.out) { m_context.out = this; }

    void emit(protocol::Body body) override
    {
        const std::lock_guard lock(m_mutex);
        if (m_out)
            m_out->emit(std::move(body));
    }

    void give(CheckResult result)
    {
        const std::lock_guard lock(m_mutex);
        m_result = std::move(result);
        m_given.notify_all();
    }

    /// Nothing if none came; from then on nothing is emitted.
    std::optional<CheckResult> wait(double seconds)
    {
        std::unique_lock lock(m_mutex);
        m_given.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return m_result.has_value(); });
        m_out = nullptr;
        return m_result;
    }

    const CheckContext &context() const { return m_context; }

private:
    CheckContext m_context;
    Emitter *m_out;
    std::mutex m_mutex;
    std::condition_variable m_given;
    std::optional<CheckResult> m_result;
};

} // namespace

CheckResult askWithPatience(const CheckContext &context, double patience, std::function<CheckResult(const CheckContext &)> work)
{
    const auto answer = std::make_shared<Answer>(context);
    std::thread worker;
    try {
        worker = std::thread([answer, work = std::move(work)] {
            try {
                answer->give(work(answer->context()));
            } catch (const std::exception &problem) {
                answer->give(CheckResult::error(std::string("the operating system refused what it needs: ") + printable(problem.what())));
            }
        });
    } catch (const std::exception &problem) {
        return CheckResult::error(std::string("no thread could be made: ") + printable(problem.what()));
    }
    auto result = answer->wait(patience);
    if (result) {
        worker.join();
        return *result;
    }
    const std::string doing = context.machine ? context.machine->management().doing() : std::string();
    worker.detach();
    return CheckResult::failed("the GPU driver does not answer: " + (doing.empty() ? std::string("a question") : doing) + " has not come back for "
                               + numberText(patience) + " s. A dead GPU holds its driver; read the kernel log for Xids, then power the node off and on");
}

} // namespace seatrial::engine
