*** Settings ***
Documentation     A Robot Framework suite, run unchanged; its log and report become artifacts.
Library           Collections
Library           String

*** Variables ***
@{BRANCHES}       Campinas    Santos    Curitiba

*** Test Cases ***
Every Branch Has A Name
    FOR    ${branch}    IN    @{BRANCHES}
        Should Not Be Empty    ${branch}
        Log To Console    ${branch}
    END

Branches Are Not Repeated
    ${unique}=    Remove Duplicates    ${BRANCHES}
    Length Should Be    ${unique}    3

Codes Are Upper Case
    ${code}=    Convert To Upper Case    cps
    Should Be Equal    ${code}    CPS
