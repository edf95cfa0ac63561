"""Answers the search box: goes straight to the one row that there is, else lists what was found."""

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from backoffice.search.finding import find


def search(request: HttpRequest) -> HttpResponse:
    term = request.GET.get("q", "").strip()
    groups = find(request, site, term)
    hits = [hit for group in groups for hit in group.hits]
    if len(hits) == 1:
        return HttpResponseRedirect(hits[0].url)
    context = site.each_context(request) | {"title": "Search", "term": term, "groups": groups}
    return TemplateResponse(request, "admin/search.html", context)
